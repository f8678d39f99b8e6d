package io.zeoraid.protocol;

import java.math.BigInteger;

/** The arguments of protocol 0's opcodes: numbers and strings as lines of text. */
final class PickleText {
  /**
   * The digits of an int of {@link PickleInput#MAX_INTEGER_BYTES}; longer ones take quadratic time.
   */
  private static final int MAX_DIGITS = 310;

  private static final BigInteger MIN = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

  private PickleText() {}

  /** The argument of INT, which also spells the bools of protocol 0 and 1. */
  static Object intOrBool(String line) {
    return switch (line) {
      case "00" -> false;
      case "01" -> true;
      default -> integer(line);
    };
  }

  /** The argument of LONG, with or without its L. */
  static Number integer(String line) {
    String digits = line.endsWith("L") ? line.substring(0, line.length() - 1) : line;
    try {
      if (digits.length() <= MAX_DIGITS) {
        return narrow(new BigInteger(digits.strip()));
      }
    } catch (NumberFormatException e) {
      throw broken("an int", line);
    }
    throw broken("an int", line);
  }

  /** The smallest type for this number. */
  static Number narrow(BigInteger value) {
    // Not bitLength() < 64 in one expression with ?:, which would unbox.
    if (value.compareTo(MIN) >= 0 && value.compareTo(MAX) <= 0) {
      return value.longValue();
    }
    return value;
  }

  /** The argument of PUT and GET. */
  static int index(String line) {
    try {
      return Integer.parseUnsignedInt(line.strip());
    } catch (NumberFormatException e) {
      throw broken("a memo index", line);
    }
  }

  /** The argument of FLOAT, as Python's repr writes it. */
  static double floating(String line) {
    String digits = line.strip();
    switch (digits) {
      case "nan" -> {
        return Double.NaN;
      }
      case "inf" -> {
        return Double.POSITIVE_INFINITY;
      }
      case "-inf" -> {
        return Double.NEGATIVE_INFINITY;
      }
      default -> {
        // Java also reads hexadecimal floats and suffixes, which Python does not.
        if (digits.length() > MAX_DIGITS || !digits.matches("[-+0-9.eE]+")) {
          throw broken("a float", line);
        }
      }
    }
    try {
      return Double.parseDouble(digits);
    } catch (NumberFormatException e) {
      throw broken("a float", line);
    }
  }

  /** The argument of STRING: a string of Python 2 as its repr, in quotes, with escapes. */
  static String quoted(String line) {
    String quoted = line.strip();
    if (quoted.length() < 2
        || quoted.charAt(0) != quoted.charAt(quoted.length() - 1)
        || (quoted.charAt(0) != '\'' && quoted.charAt(0) != '"')) {
      throw broken("a string in quotes", line);
    }
    var text = new StringBuilder();
    int last = quoted.length() - 1;
    int i = 1;
    while (i < last) {
      char c = quoted.charAt(i++);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      if (i == last) {
        throw broken("a string in quotes", line);
      }
      char escape = quoted.charAt(i++);
      switch (escape) {
        case '\\', '\'', '"' -> text.append(escape);
        case 'a' -> text.append('\u0007');
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'v' -> text.append('\u000b');
        case 'x' -> {
          text.append((char) hex(quoted, i, 2, last, line));
          i += 2;
        }
        case '0', '1', '2', '3', '4', '5', '6', '7' -> {
          int value = escape - '0';
          for (int n = 1; n < 3 && i < last && isOctal(quoted.charAt(i)); n++) {
            value = value * 8 + quoted.charAt(i++) - '0';
          }
          text.append((char) (value & 0xff));
        }
        default -> text.append('\\').append(escape);
      }
    }
    return text.toString();
  }

  /** The argument of UNICODE: Latin-1, with backslash-u escapes for the rest. */
  static String rawUnicodeEscape(String line) {
    if (line.indexOf('\\') < 0) {
      return line;
    }
    var text = new StringBuilder();
    int i = 0;
    while (i < line.length()) {
      char c = line.charAt(i++);
      if (c != '\\' || i == line.length()) {
        text.append(c);
        continue;
      }
      char escape = line.charAt(i++);
      if (escape == 'u') {
        text.append((char) hex(line, i, 4, line.length(), line));
        i += 4;
      } else if (escape == 'U') {
        long point = hex(line, i, 8, line.length(), line);
        if (point > Character.MAX_CODE_POINT) {
          throw broken("text with escapes", line);
        }
        text.appendCodePoint((int) point);
        i += 8;
      } else {
        // The next backslash may begin an escape only if this one does not end one.
        text.append(c).append(escape);
      }
    }
    return text.toString();
  }

  private static boolean isOctal(char c) {
    return c >= '0' && c <= '7';
  }

  private static long hex(String text, int from, int digits, int end, String line) {
    long value = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = i < end ? Character.digit(text.charAt(i), 16) : -1;
      if (digit < 0) {
        throw broken("hexadecimal digits after a backslash", line);
      }
      value = value * 16 + digit;
    }
    return value;
  }

  private static ProtocolException broken(String expected, String line) {
    String start = line.length() > 40 ? line.substring(0, 40) + "…" : line;
    return PickleReader.broken(
        "a line should spell " + expected + ", not '" + Words.describe(start) + "'");
  }
}
