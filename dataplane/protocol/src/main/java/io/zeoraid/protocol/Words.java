package io.zeoraid.protocol;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Plain values in words, for people: short, on one line, bytes in hexadecimal. */
final class Words {
  private static final int MAX_LENGTH = 400;
  private static final int MAX_BYTES = 32;

  private Words() {}

  /** The value; the outermost list or mapping without its brackets. */
  static String describe(@Nullable Object value) {
    var words = new StringBuilder();
    if (value instanceof List<?> list) {
      appendAll(words, list);
    } else if (value instanceof Map<?, ?> map) {
      appendAll(words, map);
    } else {
      append(words, value);
    }
    return words.length() > MAX_LENGTH ? words.substring(0, MAX_LENGTH) + "…" : words.toString();
  }

  /** What kind of value this is, as Python calls it. */
  static String kind(@Nullable Object value) {
    return switch (value) {
      case null -> "None";
      case Boolean b -> "bool";
      case Long l -> "int";
      case java.math.BigInteger i -> "int";
      case Double d -> "float";
      case String s -> "str";
      case byte[] bytes -> bytes.length + " bytes";
      case PyList list -> "list of " + list.size();
      case List<?> list -> "tuple of " + list.size();
      case Map<?, ?> map -> "dict of " + map.size();
      default -> value.getClass().getSimpleName();
    };
  }

  private static void append(StringBuilder words, @Nullable Object value) {
    if (words.length() > MAX_LENGTH) {
      return;
    }
    switch (value) {
      case null -> words.append("None");
      case String text -> appendText(words, text);
      case byte[] bytes -> appendBytes(words, bytes);
      case List<?> list -> {
        words.append('(');
        appendAll(words, list);
        words.append(')');
      }
      case Map<?, ?> map -> {
        words.append('{');
        appendAll(words, map);
        words.append('}');
      }
      default -> words.append(value);
    }
  }

  private static void appendAll(StringBuilder words, List<?> list) {
    String separator = "";
    for (Object element : list) {
      words.append(separator);
      append(words, element);
      separator = ", ";
      if (words.length() > MAX_LENGTH) {
        return;
      }
    }
  }

  private static void appendAll(StringBuilder words, Map<?, ?> map) {
    String separator = "";
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      words.append(separator);
      append(words, entry.getKey());
      words.append('=');
      append(words, entry.getValue());
      separator = ", ";
      if (words.length() > MAX_LENGTH) {
        return;
      }
    }
  }

  private static void appendText(StringBuilder words, String text) {
    for (int i = 0; i < text.length() && words.length() <= MAX_LENGTH; i++) {
      char c = text.charAt(i);
      words.append(Character.isISOControl(c) ? ' ' : c);
    }
  }

  private static void appendBytes(StringBuilder words, byte[] bytes) {
    HexFormat hex = HexFormat.of();
    if (bytes.length <= MAX_BYTES) {
      words.append(hex.formatHex(bytes));
    } else {
      words
          .append(hex.formatHex(bytes, 0, MAX_BYTES))
          .append("… (")
          .append(bytes.length)
          .append(" bytes)");
    }
  }
}
