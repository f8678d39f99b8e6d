package io.zeoraid.bench.report;

import io.zeoraid.bench.servers.CpuClock;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A workload against a target: its rounds, and their medians.
 *
 * @param workload its name
 * @param target its name
 * @param rounds at least one
 */
public record Result(String workload, String target, List<Round> rounds) {
  public Result {
    rounds = List.copyOf(rounds);
    if (rounds.isEmpty()) {
      throw new IllegalArgumentException(workload + " was not measured against " + target);
    }
  }

  /** Operations per second. */
  public double perSecond() {
    return median(Round::perSecond);
  }

  /** The median latency. */
  public double p50Micros() {
    return median(Round::p50Micros);
  }

  /** The latency that one in a hundred operations exceeds. */
  public double p99Micros() {
    return median(Round::p99Micros);
  }

  /** Who used the processors. */
  public CpuClock.Shares cpu() {
    return new CpuClock.Shares(
        median(round -> round.cpu().generator()),
        median(round -> round.cpu().front()),
        median(round -> round.cpu().backends()),
        median(round -> round.cpu().others()));
  }

  private double median(ToDoubleFunction<Round> value) {
    return median(rounds.stream().mapToDouble(value).toArray());
  }

  /** The middle value, or the mean of the two middle ones. */
  static double median(List<Double> values) {
    return median(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** The same. */
  static double median(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("the median of nothing");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
