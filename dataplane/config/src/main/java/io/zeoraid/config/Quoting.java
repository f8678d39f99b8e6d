package io.zeoraid.config;

/** How pieces of the file are shown in messages: on one line, and not whole if they are huge. */
final class Quoting {

  private static final int SHOWN_CHARS = 60;

  private Quoting() {}

  /** In single quotes. */
  static String quoted(String text) {
    return "'" + shortened(text) + "'";
  }

  /** Cut after 60 characters, control characters as {@code U+0000}. */
  static String shortened(String text) {
    boolean cut = text.codePointCount(0, text.length()) > SHOWN_CHARS;
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(SHOWN_CHARS)
        .forEach(point -> {
          if (Character.isISOControl(point)) {
            shown.append(codePoint(point));
          } else {
            shown.appendCodePoint(point);
          }
        });
    return cut ? shown + "…" : shown.toString();
  }

  /** With a full stop, unless it ends as a question. */
  static String sentence(String text) {
    return text.endsWith("?") ? text : text + ".";
  }

  /** {@code U+0000}. */
  static String codePoint(int point) {
    return "U+%04X".formatted(point);
  }
}
