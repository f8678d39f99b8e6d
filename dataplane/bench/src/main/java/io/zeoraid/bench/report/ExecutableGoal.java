package io.zeoraid.bench.report;

import io.zeoraid.bench.generator.Workload;
import io.zeoraid.bench.report.Executables.Measure;
import io.zeoraid.bench.report.Executables.State;
import io.zeoraid.bench.servers.Executable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * What the native executable is to reach.
 *
 * @param what for people
 * @param sign how the value is to stand to the bound
 * @param bound the goal
 * @param unit of both
 * @param value finds what was reached; empty if it was not measured
 */
public record ExecutableGoal(
    String what,
    Sign sign,
    double bound,
    String unit,
    Function<Executables, OptionalDouble> value) {

  /** How a value is to stand to the bound. */
  public enum Sign {
    /** Less. */
    BELOW("<"),
    /** As much or more. */
    AT_LEAST("≥");

    private final String text;

    Sign(String text) {
      this.text = text;
    }
  }

  /** The goals of this release. */
  public static final List<ExecutableGoal> ALL =
      List.of(
          below("median time from exec to the first load", 100, "ms", Measure.FIRST_LOAD),
          below("RSS idle", 64, "MB", Measure.IDLE),
          asTheJvm("loads per second", Workload.HOT_PIPELINED),
          asTheJvm("commits per second", Workload.ONE_COMMITTER),
          below("median time of zeoraid --help", 50, "ms", Measure.HELP),
          below("median time of zeoraid status", 50, "ms", Measure.STATUS));

  private static ExecutableGoal below(String what, double bound, String unit, Measure measure) {
    return new ExecutableGoal(
        what, Sign.BELOW, bound, unit, all -> all.median(Executable.NATIVE, measure));
  }

  private static ExecutableGoal asTheJvm(String what, String workload) {
    return new ExecutableGoal(
        what + " (" + workload + ")",
        Sign.AT_LEAST,
        0.7,
        "× warm JVM",
        all -> all.timesWarmJvm(Executable.NATIVE, State.WARM, workload));
  }

  /** Whether it was measured, and reached. */
  public boolean isMet(Executables all) {
    OptionalDouble reached = value.apply(all);
    return reached.isPresent()
        && switch (sign) {
          case BELOW -> reached.getAsDouble() < bound;
          case AT_LEAST -> reached.getAsDouble() >= bound;
        };
  }

  /** One line. */
  public String line(Executables all) {
    OptionalDouble reached = value.apply(all);
    String goal = String.format(Locale.ROOT, "goal %s %s %s", sign.text, number(bound), unit);
    return reached.isEmpty()
        ? String.format(Locale.ROOT, "native, %s: not measured (%s)", what, goal)
        : String.format(
            Locale.ROOT,
            "native, %s: %s %s (%s): %s",
            what,
            number(reached.getAsDouble()),
            unit,
            goal,
            isMet(all) ? "met" : "MISSED");
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value >= 10 ? "%.0f" : "%.2f", value);
  }

  Map<String, Object> values(Executables all) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("what", what);
    value.apply(all).ifPresent(reached -> values.put("reached", reached));
    values.put("sign", sign.text);
    values.put("goal", bound);
    values.put("unit", unit);
    values.put("met", isMet(all));
    return values;
  }
}
