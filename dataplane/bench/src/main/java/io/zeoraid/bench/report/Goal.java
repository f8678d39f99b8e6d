package io.zeoraid.bench.report;

import io.zeoraid.bench.generator.Workload;
import io.zeoraid.bench.servers.Targets;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * What the RAID is to reach: a median latency that is at most, or a rate that is at least this
 * multiple of the stock server's.
 *
 * @param what for people
 * @param workload the name of the workload
 * @param target the name of the target
 * @param measure what is compared
 * @param bound the goal
 * @param later the goal of a later release; the same as {@code bound} if there is none
 */
public record Goal(
    String what, String workload, String target, Measure measure, double bound, double later) {

  /** What is compared. */
  public enum Measure {
    /** The median latency: at most. */
    P50("≤", Round::p50Micros),
    /** Operations per second: at least. */
    RATE("≥", Round::perSecond);

    private final String sign;
    private final ToDoubleFunction<Round> value;

    Measure(String sign, ToDoubleFunction<Round> value) {
      this.sign = sign;
      this.value = value;
    }
  }

  /** The goals of this release. */
  public static final List<Goal> ALL =
      List.of(
          new Goal(
              "commit p50 through the RAID over two stock backends",
              Workload.ONE_COMMITTER,
              Targets.raid(2),
              Measure.P50,
              2.5,
              1.3),
          new Goal(
              "one-by-one load p50 through the RAID over two stock backends",
              Workload.ONE_BY_ONE,
              Targets.raid(2),
              Measure.P50,
              1.5,
              1.5),
          new Goal(
              "one-by-one load p50 from the cache",
              Workload.HOT_ONE_BY_ONE,
              Targets.CACHED,
              Measure.P50,
              1.0,
              1.0),
          new Goal(
              "loads per second from the cache, 8 pipelined clients",
              Workload.HOT_PIPELINED,
              Targets.CACHED,
              Measure.RATE,
              3.0,
              3.0));

  /** What was reached; empty if it was not measured. */
  public OptionalDouble reached(Results results) {
    return results.find(workload, target).stream()
        .map(result -> results.ratio(result, measure.value))
        .findFirst()
        .orElse(OptionalDouble.empty());
  }

  /** Whether it was measured, and reached. */
  public boolean isMet(Results results) {
    OptionalDouble reached = reached(results);
    return reached.isPresent()
        && switch (measure) {
          case P50 -> reached.getAsDouble() <= bound;
          case RATE -> reached.getAsDouble() >= bound;
        };
  }

  /** One line. */
  public String line(Results results) {
    OptionalDouble reached = reached(results);
    String goals =
        later == bound
            ? String.format(Locale.ROOT, "goal %s %.1f", measure.sign, bound)
            : String.format(
                Locale.ROOT, "goal now %s %.1f; later %.1f", measure.sign, bound, later);
    return reached.isEmpty()
        ? String.format(Locale.ROOT, "%s: not measured (%s)", what, goals)
        : String.format(
            Locale.ROOT,
            "%s: %.2f × stock (%s): %s",
            what,
            reached.getAsDouble(),
            goals,
            isMet(results) ? "met" : "MISSED");
  }
}
