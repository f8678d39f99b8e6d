package io.zeoraid.config;

import java.util.OptionalInt;

/** White space and words as Python sees them: a no-break space separates, too. */
final class Spaces {

  private Spaces() {}

  static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  /** Without white space around it. */
  static String strip(String text) {
    return stripEnd(text.substring(skip(text, 0)));
  }

  /** Without white space behind it. */
  static String stripEnd(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end);
  }

  /** Where the white space that begins here ends. */
  static int skip(String text, int start) {
    int at = start;
    while (at < text.length() && isSpace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /**
   * Where the word that begins here ends: at white space or a parenthesis ({@code _name_re} of
   * {@code ZConfig/cfgparser.py}).
   */
  static int endOfWord(String text, int start) {
    int at = start;
    while (at < text.length()
        && !isSpace(text.charAt(at))
        && text.charAt(at) != '('
        && text.charAt(at) != ')') {
      at++;
    }
    return at;
  }

  /** Where the text up to the first white space ends. */
  static int endOfNonSpace(String text) {
    int at = 0;
    while (at < text.length() && !isSpace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /** The first control character that is no tab. */
  static OptionalInt firstControlCharacter(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\t' && Character.isISOControl(c)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }
}
