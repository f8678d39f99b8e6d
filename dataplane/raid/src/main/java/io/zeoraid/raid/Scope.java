package io.zeoraid.raid;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Something that may be given up, such as a term of office or an attempt to take over. What it
 * still waits for is then dropped when it comes. One within another ends with that, too.
 */
final class Scope {
  private final @Nullable Scope outer;
  private boolean over;

  Scope() {
    this(null);
  }

  private Scope(@Nullable Scope outer) {
    this.outer = outer;
  }

  /** A scope within this one. */
  Scope inner() {
    return new Scope(this);
  }

  boolean isOver() {
    return over || (outer != null && outer.isOver());
  }

  void end() {
    over = true;
  }

  <T extends @Nullable Object> Consumer<T> guard(Consumer<T> continuation) {
    return value -> {
      if (!isOver()) {
        continuation.accept(value);
      }
    };
  }

  Runnable guard(Runnable continuation) {
    return () -> {
      if (!isOver()) {
        continuation.run();
      }
    };
  }
}
