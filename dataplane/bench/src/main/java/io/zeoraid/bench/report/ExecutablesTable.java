package io.zeoraid.bench.report;

import io.zeoraid.bench.report.Executables.Measure;
import io.zeoraid.bench.report.Executables.State;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** What was measured of each form of ZEORaid as text: a column each. */
public final class ExecutablesTable {
  private static final String TITLE = "%-34s";
  private static final String CELL = " %21s";

  private ExecutablesTable() {}

  /** The table. */
  public static String of(Executables all) {
    StringBuilder text = new StringBuilder();
    text.append(row(all, "", name -> name));
    for (Measure measure : Measure.values()) {
      text.append(row(all, measure.title(), name -> numbers(all.values(name, measure))));
    }
    List<String> workloads = all.results().all().stream().map(Result::workload).distinct().toList();
    for (String workload : workloads) {
      for (State state : State.values()) {
        text.append(
            row(
                all,
                Executables.target(workload, state) + ", ops/s (p99 ms)",
                name -> rate(all, name, state, workload)));
      }
    }
    return text.toString();
  }

  private static String row(Executables all, String title, Function<String, String> cell) {
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, TITLE, title));
    all.names().forEach(name -> line.append(String.format(Locale.ROOT, CELL, cell.apply(name))));
    return line.toString().stripTrailing() + "\n";
  }

  /** The median, and the largest if there are several. */
  private static String numbers(List<Double> values) {
    if (values.isEmpty()) {
      return "";
    }
    String median = Table.number(Result.median(values));
    return values.size() == 1
        ? median
        : median + " (max " + Table.number(Collections.max(values)) + ")";
  }

  private static String rate(Executables all, String name, State state, String workload) {
    return all.results()
        .find(workload, Executables.target(name, state))
        .map(result ->
            Table.number(result.perSecond()) + " (" + Table.number(result.p99Micros() / 1000) + ")")
        .orElse("");
  }
}
