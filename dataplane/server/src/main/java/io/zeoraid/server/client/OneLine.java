package io.zeoraid.server.client;

/** What a client said, as part of a log line: short, and on one line. */
final class OneLine {
  private static final int LENGTH = 100;

  private OneLine() {}

  static String of(String text) {
    var line = new StringBuilder();
    for (int i = 0; i < text.length() && i < LENGTH; i++) {
      char c = text.charAt(i);
      line.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? ' ' : c);
    }
    return text.length() > LENGTH ? line + "…" : line.toString();
  }
}
