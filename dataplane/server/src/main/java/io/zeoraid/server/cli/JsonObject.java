package io.zeoraid.server.cli;

import java.util.List;

/**
 * Writes one JSON object in one line. (A library would double the time that {@code zeoraid status}
 * takes to start.)
 */
final class JsonObject {
  private final StringBuilder text = new StringBuilder("{");

  JsonObject put(String key, String value) {
    return putRaw(key, quoted(value));
  }

  JsonObject put(String key, boolean value) {
    return putRaw(key, Boolean.toString(value));
  }

  JsonObject put(String key, long value) {
    return putRaw(key, Long.toString(value));
  }

  /** What JSON has no word for (infinite, not a number) becomes null. */
  JsonObject put(String key, double value) {
    return putRaw(key, Double.isFinite(value) ? Double.toString(value) : "null");
  }

  JsonObject put(String key, JsonObject value) {
    return putRaw(key, value.toString());
  }

  JsonObject put(String key, List<JsonObject> values) {
    return putRaw(
        key, "[" + String.join(",", values.stream().map(JsonObject::toString).toList()) + "]");
  }

  JsonObject putNull(String key) {
    return putRaw(key, "null");
  }

  private JsonObject putRaw(String key, String value) {
    if (text.length() > 1) {
      text.append(',');
    }
    text.append(quoted(key)).append(':').append(value);
    return this;
  }

  private static String quoted(String value) {
    var quoted = new StringBuilder(value.length() + 2).append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        default -> {
          if (c < ' ' || Character.isSurrogate(c)) {
            quoted.append(String.format("\\u%04x", (int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return text + "}";
  }
}
