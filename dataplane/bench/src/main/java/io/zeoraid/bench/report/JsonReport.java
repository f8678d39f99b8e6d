package io.zeoraid.bench.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** The results as JSON: every round, the medians, the ratios, and what they depend on. */
public final class JsonReport {
  private static final int FORMAT = 1;

  private JsonReport() {}

  /**
   * Writes the file.
   *
   * @param context versions, machine and options: name to plain values
   */
  public static void write(Path file, Map<String, Object> context, Results results)
      throws IOException {
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(file.toFile(), document(context, results));
  }

  static Map<String, Object> document(Map<String, Object> context, Results results) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("format", FORMAT);
    document.putAll(context);
    List<Object> all = new ArrayList<>();
    results.all().forEach(result -> all.add(entry(results, result, "timesStock")));
    document.put("results", all);
    Map<String, Object> headroom = new LinkedHashMap<>();
    results.all().stream()
        .map(Result::workload)
        .distinct()
        .forEach(workload ->
            results.headroom(workload).ifPresent(times -> headroom.put(workload, times)));
    document.put("generatorHeadroom", headroom);
    List<Object> goals = new ArrayList<>();
    Goal.ALL.forEach(goal -> goals.add(entry(results, goal)));
    document.put("goals", goals);
    return document;
  }

  /**
   * A workload on a target.
   *
   * @param ratiosKey what its multiples of the baseline are called
   */
  static Map<String, Object> entry(Results results, Result result, String ratiosKey) {
    Map<String, Object> median = new LinkedHashMap<>();
    median.put("perSecond", result.perSecond());
    median.put("p50Micros", result.p50Micros());
    median.put("p99Micros", result.p99Micros());
    median.put("cpu", result.cpu());
    Map<String, Object> ratios = new LinkedHashMap<>();
    put(ratios, "perSecond", results.ratio(result, Round::perSecond));
    put(ratios, "p50", results.ratio(result, Round::p50Micros));
    put(ratios, "p99", results.ratio(result, Round::p99Micros));
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("workload", result.workload());
    entry.put("target", result.target());
    entry.put("median", median);
    entry.put(ratiosKey, ratios);
    entry.put("rounds", result.rounds());
    return entry;
  }

  private static Map<String, Object> entry(Results results, Goal goal) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("what", goal.what());
    entry.put("workload", goal.workload());
    entry.put("target", goal.target());
    put(entry, "timesStock", goal.reached(results));
    entry.put("measure", goal.measure() == Goal.Measure.P50 ? "p50" : "perSecond");
    entry.put("goal", goal.bound());
    entry.put("goalLater", goal.later());
    entry.put("met", goal.isMet(results));
    return entry;
  }

  private static void put(Map<String, Object> map, String name, OptionalDouble value) {
    value.ifPresent(number -> map.put(name, number));
  }
}
