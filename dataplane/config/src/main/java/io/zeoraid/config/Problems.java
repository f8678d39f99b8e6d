package io.zeoraid.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Collects what is wrong and what has no effect. For one reading of a configuration, by one thread.
 */
final class Problems {

  /** A file of a million wrong lines must not make a message of a million lines. */
  static final int MAX_SHOWN = 100;

  private record Placed<T>(Location at, T content) {}

  private final List<Placed<String>> errors = new ArrayList<>();
  private final List<Placed<Notice>> notices = new ArrayList<>();
  private int errorsNotKept;

  void error(Location at, String message) {
    if (errors.size() < MAX_SHOWN) {
      errors.add(new Placed<>(at, message));
    } else {
      errorsNotKept++;
    }
  }

  void notice(Location at, String key, String text) {
    notices.add(new Placed<>(at, new Notice(at.source().name(), at.line(), key, text)));
  }

  boolean anyErrors() {
    return !errors.isEmpty();
  }

  /** All errors as an exception to throw; call it only if there are any. */
  ConfigException exception() {
    List<ConfigError> sorted = new ArrayList<>();
    for (Placed<String> error : inOrder(errors)) {
      sorted.add(new ConfigError(error.at().source().name(), error.at().line(), error.content()));
    }
    return new ConfigException(sorted, errorsNotKept);
  }

  /** One more error, and no use in going on: all errors as an exception to throw. */
  ConfigException giveUp(Location at, String message) {
    error(at, message);
    return exception();
  }

  /** In the order of the file. */
  List<Notice> notices() {
    return inOrder(notices).stream().map(Placed::content).toList();
  }

  private static <T> List<Placed<T>> inOrder(List<Placed<T>> placed) {
    return placed.stream().sorted(Comparator.comparing(Placed::at)).toList();
  }
}
