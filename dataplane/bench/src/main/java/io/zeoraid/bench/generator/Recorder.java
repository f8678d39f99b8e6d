package io.zeoraid.bench.generator;

import org.HdrHistogram.Histogram;

/**
 * Counts the operations of all clients of one measurement, and tells them when it is over. Confined
 * to the event loop.
 *
 * <p>It ends after its time, or as soon as it has counted as much as the workload allows; if there
 * is too little for a percentile, it goes on for up to {@value #PATIENCE} times as long.
 */
final class Recorder {
  private static final int ENOUGH = 20;
  private static final int PATIENCE = 2;
  private static final long HIGHEST_NANOS = 120_000_000_000L;
  private static final int DIGITS = 3;

  private final Histogram latencies = new Histogram(HIGHEST_NANOS, DIGITS);
  private final long from;
  private final long until;
  private final long atLast;
  private final int most;
  private long counted;
  private long lastCounted;
  private boolean over;

  /**
   * @param now {@link System#nanoTime}: the clients begin
   */
  Recorder(long now, Span span, int most) {
    this.most = most;
    from = now + span.leadMillis() * 1_000_000;
    until = from + span.millis() * 1_000_000;
    atLast = from + span.millis() * 1_000_000 * PATIENCE;
    lastCounted = from;
  }

  /** An operation that began then has ended now. */
  void ended(long began, long now) {
    if (over || now < from) {
      return;
    }
    counted++;
    lastCounted = now;
    latencies.recordValue(Math.min(now - began, HIGHEST_NANOS));
    over = counted >= most || now >= until && counted >= ENOUGH || now >= atLast;
  }

  /** Whether nobody needs to begin another operation. */
  boolean isOver() {
    return over;
  }

  Sample sample() {
    return new Sample(counted, lastCounted - from, latencies);
  }
}
