package io.zeoraid.server.control;

import java.time.Duration;
import java.time.Instant;

/** Time, as the control service sees it; tests turn it by hand. */
public interface Clockwork {

  /** Now, for people and packs. */
  Instant now();

  /** A clock that only goes forward, in nanoseconds; only differences mean anything. */
  long nanos();

  /** Runs the task once, that much later, on any thread. */
  void after(Duration delay, Runnable task);
}
