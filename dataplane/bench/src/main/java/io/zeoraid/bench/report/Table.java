package io.zeoraid.bench.report;

import io.zeoraid.bench.generator.Workload;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** The results as text. */
public final class Table {
  private static final double ENOUGH_HEADROOM = 2;
  private static final String ROW = "%-15s %-17s %9s %7s  %9s %7s  %9s %7s   %5s %6s %8s %6s%n";

  private Table() {}

  /**
   * All results, a row each, grouped by workload.
   *
   * @param workloads in the order in which to show them
   */
  public static String of(Results results, List<String> workloads) {
    StringBuilder text = new StringBuilder();
    text.append(row("", "", "", "×", "p50", "×", "p99", "×", "CPU % of a core", "", "", ""));
    text.append(
        row(
            "workload",
            "target",
            "ops/s",
            "stock",
            "ms",
            "stock",
            "ms",
            "stock",
            "gen.",
            "server",
            "backends",
            "others"));
    for (String workload : workloads) {
      String shown = workload;
      for (Result result : results.all()) {
        if (result.workload().equals(workload)) {
          text.append(row(results, result, shown));
          shown = "";
        }
      }
    }
    return text.toString();
  }

  private static String row(Results results, Result result, String workload) {
    var cpu = result.cpu();
    return row(
        workload,
        result.target(),
        number(result.perSecond()),
        times(results.ratio(result, Round::perSecond)),
        number(result.p50Micros() / 1000),
        times(results.ratio(result, Round::p50Micros)),
        number(result.p99Micros() / 1000),
        times(results.ratio(result, Round::p99Micros)),
        percent(cpu.generator()),
        percent(cpu.front()),
        percent(cpu.backends()),
        percent(cpu.others()));
  }

  private static String row(Object... cells) {
    return String.format(Locale.ROOT, ROW, cells).stripTrailing() + "\n";
  }

  /** What the load generator could have done, and whether it stood in the way. */
  public static String headroom(Results results, List<Workload> workloads) {
    StringBuilder narrow = new StringBuilder();
    OptionalDouble least = OptionalDouble.empty();
    for (Workload workload : workloads) {
      OptionalDouble headroom = results.headroom(workload.name());
      if (headroom.isEmpty()) {
        continue;
      }
      if (least.isEmpty() || headroom.getAsDouble() < least.getAsDouble()) {
        least = headroom;
      }
      if (headroom.getAsDouble() < ENOUGH_HEADROOM) {
        narrow.append(narrow(results, workload, headroom.getAsDouble()));
      }
    }
    return least.isEmpty()
        ? ""
        : String.format(
                Locale.ROOT,
                "Load generator: against a server that answers at once (%s) it does at least"
                    + " %.1f times what it had to do here.%n",
                Results.CEILING,
                least.getAsDouble())
            + narrow;
  }

  private static String narrow(Results results, Workload workload, double headroom) {
    double roundTrip = results.find(workload.name(), Results.CEILING).orElseThrow().p50Micros();
    String why =
        workload.window() == 1
            ? String.format(
                Locale.ROOT,
                "a client waits for each answer, and a round trip without any work of a"
                    + " server takes %s ms",
                number(roundTrip / 1000))
            : "that figure may be the generator's own";
    return String.format(
        Locale.ROOT, "  In %s it is only %.1f times: %s.%n", workload.name(), headroom, why);
  }

  static String number(double value) {
    String form = value >= 1000 ? "%.0f" : value >= 10 ? "%.1f" : value >= 1 ? "%.2f" : "%.3f";
    return String.format(Locale.ROOT, form, value);
  }

  private static String times(OptionalDouble ratio) {
    return ratio.isEmpty() ? "" : String.format(Locale.ROOT, "%.2f", ratio.getAsDouble());
  }

  private static String percent(double share) {
    return Long.toString(Math.round(share * 100));
  }
}
