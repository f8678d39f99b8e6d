package io.zeoraid.server.membership;

import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Waits for what others bring about, and no longer than it takes. */
final class Eventually {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private Eventually() {}

  /** The first value that is as it should be. */
  static <T> T see(Supplier<T> source, Predicate<T> right) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    T value = source.get();
    while (!right.test(value)) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("still " + value);
      }
      LockSupport.parkNanos(5_000_000);
      value = source.get();
    }
    return value;
  }

  static void holds(BooleanSupplier condition) {
    see(condition::getAsBoolean, it -> it);
  }

  static <T> T value(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  /** The message of a stage that ends exceptionally. */
  static String failure(CompletionStage<?> stage) {
    try {
      throw new AssertionError("there was an answer: " + stage.toCompletableFuture().join());
    } catch (CompletionException e) {
      Throwable cause = e.getCause();
      return cause == null ? "" : String.valueOf(cause.getMessage());
    }
  }
}
