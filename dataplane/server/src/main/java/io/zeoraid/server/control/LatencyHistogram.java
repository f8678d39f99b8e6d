package io.zeoraid.server.control;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts durations by size. Any thread may record; one recording is an atomic increment and an
 * addition, a few nanoseconds. (A Micrometer timer with a histogram takes some hundred, too much
 * for each load on an event loop.)
 */
final class LatencyHistogram {

  /**
   * The upper bounds of the buckets, inclusive, in nanoseconds: 25 µs to 30 s. A last bucket has no
   * bound.
   */
  private static final long[] BOUNDS_NANOS = {
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000L,
    5_000_000_000L,
    10_000_000_000L,
    30_000_000_000L
  };

  private static final double NANOS_PER_SECOND = 1e9;

  private final AtomicLongArray counts = new AtomicLongArray(BOUNDS_NANOS.length + 1);
  private final LongAdder sumNanos = new LongAdder();

  void record(long nanos) {
    int bucket = 0;
    while (bucket < BOUNDS_NANOS.length && nanos > BOUNDS_NANOS[bucket]) {
      bucket++;
    }
    counts.getAndIncrement(bucket);
    sumNanos.add(nanos);
  }

  /** The upper bounds of the buckets in seconds; the last one is infinite. */
  static double[] boundsSeconds() {
    double[] bounds = new double[BOUNDS_NANOS.length + 1];
    for (int i = 0; i < BOUNDS_NANOS.length; i++) {
      bounds[i] = BOUNDS_NANOS[i] / NANOS_PER_SECOND;
    }
    bounds[BOUNDS_NANOS.length] = Double.POSITIVE_INFINITY;
    return bounds;
  }

  /** How many fell into each bucket (not cumulative), at about one moment. */
  long[] counts() {
    long[] copy = new long[counts.length()];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = counts.get(i);
    }
    return copy;
  }

  /** How many there were. */
  long count() {
    long sum = 0;
    for (long count : counts()) {
      sum += count;
    }
    return sum;
  }

  double sumSeconds() {
    return sumNanos.sum() / NANOS_PER_SECOND;
  }
}
