package io.zeoraid.bench.report;

import io.zeoraid.bench.servers.Executable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What was measured of each form of ZEORaid: how soon it is there, what it takes, and what it does
 * then. Rates are compared with those of the warm JVM. Confined to one thread.
 */
public final class Executables {
  /** What they are called on the command line and in the report. */
  public static final String NAME = "executables";

  /** What is told as plain numbers, the less the better. */
  public enum Measure {
    /** From just before the start of the process until a client's first load was answered. */
    FIRST_LOAD("exec to the first load, ms", "firstLoadMillis"),
    /** The resident set of a server that nobody asked anything. */
    IDLE("RSS idle, MB", "idleMegabytes"),
    /** The most that the resident set was once 100 clients had loaded and committed. */
    BUSY("RSS with 100 clients, MB", "busyMegabytes"),
    /** The whole run of {@code zeoraid --help}. */
    HELP("zeoraid --help, ms", "helpMillis"),
    /** The whole run of {@code zeoraid status}. */
    STATUS("zeoraid status, ms", "statusMillis");

    private final String title;
    private final String key;

    Measure(String title, String key) {
      this.title = title;
      this.key = key;
    }

    String title() {
      return title;
    }
  }

  /** Whether a server was just started. */
  public enum State {
    /** It was. */
    COLD,
    /** It has done the same for long before. */
    WARM
  }

  private final Map<String, Map<Measure, List<Double>>> measured = new LinkedHashMap<>();
  private final Results results = new Results(target(Executable.JVM, State.WARM));

  /** One more value. */
  public void add(String executable, Measure measure, double value) {
    of(executable).computeIfAbsent(measure, none -> new ArrayList<>()).add(value);
  }

  /** One more round of a workload. */
  public void add(String executable, State state, String workload, Round round) {
    of(executable);
    results.add(workload, target(executable, state), round);
  }

  private Map<Measure, List<Double>> of(String executable) {
    return measured.computeIfAbsent(executable, none -> new EnumMap<>(Measure.class));
  }

  /** What a form in this state is called among the results. */
  static String target(String executable, State state) {
    return switch (state) {
      case COLD -> executable + " cold";
      case WARM -> executable + " warm";
    };
  }

  /** The names of the forms, in the order in which they were measured. */
  List<String> names() {
    return List.copyOf(measured.keySet());
  }

  Results results() {
    return results;
  }

  /** Empty if it was not measured. */
  List<Double> values(String executable, Measure measure) {
    return measured.getOrDefault(executable, Map.of()).getOrDefault(measure, List.of());
  }

  /** The median; empty if it was not measured. */
  OptionalDouble median(String executable, Measure measure) {
    List<Double> values = values(executable, measure);
    return values.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Result.median(values));
  }

  /** Operations per second as a multiple of the warm JVM's; empty if either was not measured. */
  OptionalDouble timesWarmJvm(String executable, State state, String workload) {
    return results.find(workload, target(executable, state)).stream()
        .map(result -> results.ratio(result, Round::perSecond))
        .findFirst()
        .orElse(OptionalDouble.empty());
  }

  /** The same as plain values, by name. */
  public Map<String, Object> values() {
    Map<String, Object> forms = new LinkedHashMap<>();
    measured.forEach((name, measures) -> {
      Map<String, Object> form = new LinkedHashMap<>();
      measures.forEach((measure, all) -> form.put(measure.key, all));
      forms.put(name, form);
    });
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("forms", forms);
    values.put(
        "results",
        results.all().stream()
            .map(result -> JsonReport.entry(results, result, "timesWarmJvm"))
            .toList());
    values.put("goals", ExecutableGoal.ALL.stream().map(goal -> goal.values(this)).toList());
    return values;
  }
}
