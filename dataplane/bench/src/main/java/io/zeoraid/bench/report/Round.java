package io.zeoraid.bench.report;

import io.zeoraid.bench.generator.Sample;
import io.zeoraid.bench.servers.CpuClock;
import java.util.Locale;

/**
 * One measurement.
 *
 * @param perSecond operations per second
 * @param p50Micros the median latency
 * @param p99Micros the latency that one in a hundred operations exceeds
 * @param maxMicros the longest latency
 * @param operations how many were counted
 * @param seconds in what time
 * @param cpu who used the processors meanwhile
 */
public record Round(
    double perSecond,
    double p50Micros,
    double p99Micros,
    double maxMicros,
    long operations,
    double seconds,
    CpuClock.Shares cpu) {

  /** The rate and the latencies, for people. */
  public String text() {
    return String.format(
        Locale.ROOT,
        "%.0f/s, p50 %.3f ms, p99 %.3f ms",
        perSecond,
        p50Micros / 1000,
        p99Micros / 1000);
  }

  /** What was counted, and what it took. */
  public static Round of(Sample sample, CpuClock.Shares cpu) {
    return new Round(
        sample.perSecond(),
        sample.micros(50),
        sample.micros(99),
        sample.micros(100),
        sample.operations(),
        sample.nanos() / 1e9,
        cpu);
  }
}
