package io.zeoraid.bench.report;

import io.zeoraid.bench.generator.Workload;
import io.zeoraid.bench.servers.Targets;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What the RAID is to reach: a median latency that is at most this multiple of the stock server's.
 *
 * @param what for people
 * @param workload the name of the workload
 * @param target the name of the target
 * @param most the goal
 * @param later the goal of a later release; the same as {@code most} if there is none
 */
public record Goal(String what, String workload, String target, double most, double later) {

  /** The goals of this release. */
  public static final List<Goal> ALL =
      List.of(
          new Goal(
              "commit p50 through the RAID over two stock backends",
              Workload.ONE_COMMITTER,
              Targets.raid(2),
              2.5,
              1.3),
          new Goal(
              "one-by-one load p50 through the RAID over two stock backends",
              Workload.ONE_BY_ONE,
              Targets.raid(2),
              1.5,
              1.5));

  /** What was reached; empty if it was not measured. */
  public OptionalDouble reached(Results results) {
    return results.find(workload, target).stream()
        .map(result -> results.ratio(result, Round::p50Micros))
        .findFirst()
        .orElse(OptionalDouble.empty());
  }

  /** Whether it was measured, and reached. */
  public boolean isMet(Results results) {
    OptionalDouble reached = reached(results);
    return reached.isPresent() && reached.getAsDouble() <= most;
  }

  /** One line. */
  public String line(Results results) {
    OptionalDouble reached = reached(results);
    String goals =
        later == most
            ? String.format(Locale.ROOT, "goal ≤ %.1f", most)
            : String.format(Locale.ROOT, "goal now ≤ %.1f; later %.1f", most, later);
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
