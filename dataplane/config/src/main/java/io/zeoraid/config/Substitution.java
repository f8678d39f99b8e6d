package io.zeoraid.config;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * {@code %define} and what refers to it: {@code $NAME}, {@code ${NAME}}, {@code $$}, and {@code
 * $(NAME)} for the environment.
 *
 * <p>Names of definitions don't depend on case, names in the environment do. What is put in is not
 * looked at again. Source: {@code ZConfig/substitution.py}.
 */
final class Substitution {

  /** Definitions may use definitions: a few short lines could ask for gigabytes. */
  static final int MAX_VALUE_CHARS = 64 * 1024;

  /** What came of a text. */
  sealed interface Outcome {
    record Text(String text) implements Outcome {}

    record Wrong(String message) implements Outcome {}
  }

  private final Map<String, String> definitions = new HashMap<>();
  private final Map<String, String> environment;

  Substitution(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Whether a definition or a reference may have this name. */
  static boolean isName(String text) {
    return !text.isEmpty() && endOfName(text, 0) == text.length();
  }

  /**
   * Takes a definition; the value has been substituted.
   *
   * @return the value it had before, if it is another one: then nothing is changed
   */
  Optional<String> define(String name, String value) {
    String before = definitions.putIfAbsent(name.toLowerCase(Locale.ROOT), value);
    return before == null || before.equals(value) ? Optional.empty() : Optional.of(before);
  }

  /** The text with everything put in. */
  Outcome substitute(String text) {
    StringBuilder result = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      int dollar = text.indexOf('$', at);
      if (dollar < 0) {
        dollar = text.length();
      }
      result.append(text, at, dollar);
      at = dollar;
      if (dollar < text.length()) {
        Reference reference = reference(text, dollar + 1);
        if (reference.wrong.isPresent()) {
          return new Outcome.Wrong(reference.wrong.get());
        }
        result.append(reference.value);
        at = reference.end;
      }
      if (result.length() > MAX_VALUE_CHARS) {
        return new Outcome.Wrong(
            "the value is longer than " + MAX_VALUE_CHARS + " characters after substitution");
      }
    }
    return new Outcome.Text(result.toString());
  }

  private record Reference(String value, int end, Optional<String> wrong) {
    static Reference wrong(String message) {
      return new Reference("", 0, Optional.of(message));
    }
  }

  /** What the reference behind a dollar stands for. */
  private Reference reference(String text, int start) {
    char first = start < text.length() ? text.charAt(start) : ' ';
    if (first == '$') {
      return new Reference("$", start + 1, Optional.empty());
    }
    Optional<Character> closing =
        switch (first) {
          case '{' -> Optional.of('}');
          case '(' -> Optional.of(')');
          default -> Optional.empty();
        };
    int nameStart = closing.isPresent() ? start + 1 : start;
    int nameEnd = endOfName(text, nameStart);
    if (nameEnd == nameStart) {
      return Reference.wrong(
          "a '$' must be followed by NAME, {NAME} for a %define, (NAME) for the environment, or"
              + " another '$' for the character itself");
    }
    String name = text.substring(nameStart, nameEnd);
    if (closing.isPresent()
        && (nameEnd == text.length() || text.charAt(nameEnd) != closing.get())) {
      return Reference.wrong(
          "%s is not followed by '%s'"
              .formatted(Quoting.quoted(text.substring(start - 1, nameEnd)), closing.get()));
    }
    int end = closing.isPresent() ? nameEnd + 1 : nameEnd;
    return first == '(' ? fromEnvironment(name, end) : fromDefinition(name, end);
  }

  private Reference fromDefinition(String name, int end) {
    String value = definitions.get(name.toLowerCase(Locale.ROOT));
    if (value != null) {
      return new Reference(value, end, Optional.empty());
    }
    return Reference.wrong(
        "no %%define above gives %s a value%s"
            .formatted(
                Quoting.quoted("$" + name),
                NearMiss.hint(name.toLowerCase(Locale.ROOT), definitions.keySet())));
  }

  private Reference fromEnvironment(String name, int end) {
    String value = environment.get(name);
    if (value == null) {
      return Reference.wrong("the environment has no variable %s".formatted(Quoting.quoted(name)));
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      return Reference.wrong(
          "the environment's variable %s contains a control character"
              .formatted(Quoting.quoted(name)));
    }
    return new Reference(value, end, Optional.empty());
  }

  private static int endOfName(String text, int start) {
    int end = start;
    while (end < text.length() && isNameChar(text.charAt(end), end > start)) {
      end++;
    }
    return end;
  }

  private static boolean isNameChar(char c, boolean digitsToo) {
    return c == '_'
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (digitsToo && c >= '0' && c <= '9');
  }
}
