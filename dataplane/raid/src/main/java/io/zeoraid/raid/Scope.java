package io.zeoraid.raid;

import java.util.function.Consumer;

/**
 * Something that may be given up, such as an attempt to take over. What it still waits for is then
 * dropped when it comes.
 */
final class Scope {
  private boolean over;

  boolean isOver() {
    return over;
  }

  void end() {
    over = true;
  }

  <T> Consumer<T> guard(Consumer<T> continuation) {
    return value -> {
      if (!over) {
        continuation.accept(value);
      }
    };
  }

  Runnable guard(Runnable continuation) {
    return () -> {
      if (!over) {
        continuation.run();
      }
    };
  }
}
