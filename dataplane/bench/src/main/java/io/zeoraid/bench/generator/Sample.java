package io.zeoraid.bench.generator;

import org.HdrHistogram.Histogram;

/**
 * What one measurement counted.
 *
 * @param operations how many operations ended in the time that counts
 * @param nanos that time
 * @param latencies of these operations, in nanoseconds
 */
public record Sample(long operations, long nanos, Histogram latencies) {

  /** Operations per second. */
  public double perSecond() {
    return nanos == 0 ? 0 : operations * 1e9 / nanos;
  }

  /** The latency that this share of the operations kept within, in microseconds. */
  public double micros(double percentile) {
    return latencies.getValueAtPercentile(percentile) / 1e3;
  }
}
