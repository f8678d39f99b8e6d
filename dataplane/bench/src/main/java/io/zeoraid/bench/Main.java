package io.zeoraid.bench;

import io.zeoraid.bench.generator.BenchException;
import io.zeoraid.bench.generator.Workload;
import io.zeoraid.bench.report.ExecutableGoal;
import io.zeoraid.bench.report.Executables;
import io.zeoraid.bench.report.ExecutablesTable;
import io.zeoraid.bench.report.Goal;
import io.zeoraid.bench.report.JsonReport;
import io.zeoraid.bench.report.Recovery;
import io.zeoraid.bench.report.Results;
import io.zeoraid.bench.report.Table;
import io.zeoraid.bench.servers.Machine;
import io.zeoraid.bench.servers.Processes;
import io.zeoraid.bench.servers.Programs;
import io.zeoraid.bench.servers.Restarts;
import io.zeoraid.bench.servers.Targets;
import io.zeoraid.protocol.Encoding;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code ./dev bench}. Results go to standard output, progress to standard error. Exit codes: 0; 1
 * if {@code --check} finds a goal missed; 2 for wrong arguments, or if nothing could be measured.
 */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Measure ZEORaid beside stock ZEO, on this machine and in one run.")
public final class Main implements Callable<Integer> {
  private static final int OK = 0;
  private static final int MISSED = 1;
  private static final int FAILED = 2;
  private static final int MOST_BACKENDS = 3;
  private static final int MOST_SERVERS = 3;
  private static final String LISTED = "%-14s %s%n";

  private final long began = System.nanoTime();

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--quick", description = "Fewer workloads, shorter rounds: under 2 minutes.")
  private boolean quick;

  @Option(names = "--json", paramLabel = "FILE", description = "Write everything to this file.")
  private @Nullable Path json;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      description = "Only this workload, or those that begin so; may be repeated.")
  private List<String> only = List.of();

  @Option(names = "--check", description = "End with exit code 1 if a goal is missed.")
  private boolean check;

  @Option(names = "--list", description = "List the workloads and end.")
  private boolean list;

  @Option(
      names = "--encoding",
      paramLabel = "Z|M",
      description = "Z: pickle, M: msgpack. Default: what a ZEO server announces by default.")
  private @Nullable String encoding;

  @Option(names = "--rounds", paramLabel = "N", description = "Rounds, 1 to 99. Default: 5.")
  private int rounds = 5;

  @Option(
      names = "--backends",
      paramLabel = "N",
      split = ",",
      description = "Measure RAIDs over so many backends, 1 to 3. Default: 1,2,3.")
  private Set<Integer> backends = Set.of(1, 2, 3);

  @Option(
      names = "--servers",
      paramLabel = "N",
      split = ",",
      description =
          "Measure commits through so many ZEORaid servers, 2 to 3, over the same two backends,"
              + " too. Default: one server only.")
  private Set<Integer> servers = Set.of();

  @Option(names = "--python", paramLabel = "EXE", description = "A Python with ZEO.")
  private @Nullable Path python;

  @Option(names = "--server-jar", paramLabel = "JAR", description = "ZEORaid: quarkus-run.jar.")
  private @Nullable Path serverJar;

  @Option(
      names = "--server-native",
      paramLabel = "EXE",
      description = "ZEORaid as a native executable: it is measured beside the JVM.")
  private @Nullable Path serverNative;

  @Option(
      names = "--server-aot",
      paramLabel = "FILE",
      description = "An AOT cache of the JVM for the jar: a JVM with it is measured as well.")
  private @Nullable Path serverAot;

  @Option(
      names = "--server-jvm",
      paramLabel = "OPTION",
      description = "Option for the JVM of the ZEORaid servers; may be repeated.")
  private List<String> jvmOptions = List.of();

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where the servers keep their data. Default: the system's temporary folder.")
  private Path directory = Path.of(System.getProperty("java.io.tmpdir"));

  /** Runs and exits. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    return new CommandLine(new Main())
        .setOverwrittenOptionsAllowed(true)
        .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
        .execute(arguments);
  }

  @Override
  public Integer call() {
    if (list) {
      Workload.ALL.forEach(
          workload -> out().printf(Locale.ROOT, LISTED, workload.name(), workload.describe()));
      out().printf(Locale.ROOT, LISTED, Recovery.NAME, RecoveryBench.DESCRIPTION);
      out().printf(Locale.ROOT, LISTED, Executables.NAME, ExecutablesBench.DESCRIPTION);
      return OK;
    }
    Plan plan = plan();
    Programs programs =
        new Programs(
            file("--python", python),
            file("--server-jar", serverJar),
            serverNative == null ? null : file("--server-native", serverNative),
            serverAot == null ? null : file("--server-aot", serverAot));
    Path folder = directory.toAbsolutePath();
    if (!Files.isDirectory(folder)) {
      throw wrong("--dir: there is no folder " + folder);
    }
    try (Processes processes = new Processes(folder)) {
      try {
        return measure(plan, programs.copied(processes.folder()), processes);
      } catch (BenchException e) {
        if (!processes.isEnded()) {
          say(String.valueOf(e.getMessage()));
        }
        return FAILED;
      }
    }
  }

  private int measure(Plan plan, Programs programs, Processes processes) {
    Map<String, Object> context = context(plan, programs, processes.folder());
    if ("tmpfs".equals(Machine.fileSystem(processes.folder()))) {
      say("the data are in memory (tmpfs), so that fsync costs nothing; --dir chooses a disk");
    }
    Targets targets = new Targets(processes, programs, plan.encoding() == Encoding.MSGPACK);
    Results results =
        plan.workloads().isEmpty()
            ? new Results()
            : new Bench(plan, targets, jvmOptions, this::say).run();
    Recovery recovery = isRecoveryMeasured() ? recovery(plan, targets) : null;
    if (recovery != null) {
      context.put(Recovery.NAME, recovery.values());
    }
    Executables executables =
        areExecutablesMeasured() ? executables(plan, programs, targets) : null;
    if (executables != null) {
      context.put(Executables.NAME, executables.values());
    }
    context.put("seconds", Math.round((System.nanoTime() - began) / 1e9));
    report(plan, results, recovery, executables);
    if (json != null) {
      try {
        JsonReport.write(json, context, results);
      } catch (IOException e) {
        throw new BenchException("can't write " + json + ": " + e.getMessage(), e);
      }
    }
    return check && !areMet(plan, results, executables) ? MISSED : OK;
  }

  private static boolean areMet(Plan plan, Results results, @Nullable Executables executables) {
    return (plan.workloads().isEmpty() || Goal.ALL.stream().allMatch(goal -> goal.isMet(results)))
        && (executables == null
            || ExecutableGoal.ALL.stream().allMatch(goal -> goal.isMet(executables)));
  }

  private boolean isRecoveryMeasured() {
    return only.isEmpty() || only.stream().anyMatch(Recovery.NAME::startsWith);
  }

  private boolean areExecutablesMeasured() {
    return only.isEmpty()
        ? serverNative != null
        : only.stream().anyMatch(Executables.NAME::startsWith);
  }

  private Recovery recovery(Plan plan, Targets targets) {
    int transactions = quick ? RecoveryBench.QUICK_TRANSACTIONS : RecoveryBench.FULL_TRANSACTIONS;
    return new RecoveryBench(targets, jvmOptions, plan.encoding(), transactions, this::say).run();
  }

  private Executables executables(Plan plan, Programs programs, Targets targets) {
    List<Restarts> all =
        programs.executables(jvmOptions).stream().map(targets::prepareRestarts).toList();
    return new ExecutablesBench(plan, quick, all, this::say).run();
  }

  private void report(
      Plan plan, Results results, @Nullable Recovery recovery, @Nullable Executables executables) {
    if (!plan.workloads().isEmpty()) {
      List<String> names = plan.workloads().stream().map(Workload::name).toList();
      out().println(Table.of(results, names));
      out().println(Table.headroom(results, plan.workloads()));
      Goal.ALL.forEach(goal -> out().println(goal.line(results)));
    }
    if (recovery != null) {
      out().println(recovery.line());
    }
    if (executables != null) {
      out().println(ExecutablesTable.of(executables));
      ExecutableGoal.ALL.forEach(goal -> out().println(goal.line(executables)));
    }
  }

  private Map<String, Object> context(Plan plan, Programs programs, Path folder) {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("quick", quick);
    options.put("encoding", plan.encoding() == null ? "as announced" : plan.encoding().name());
    options.put("rounds", plan.rounds());
    options.put("leadMillis", plan.span().leadMillis());
    options.put("millis", plan.span().millis());
    options.put("targets", plan.targets());
    options.put("workloads", plan.workloads());
    options.put("serverJvmOptions", jvmOptions);
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("versions", programs.versions());
    context.put("machine", Machine.facts(folder));
    context.put("options", options);
    return context;
  }

  // Arguments.

  private Plan plan() {
    if (rounds < 1 || rounds > 99) {
      throw wrong("--rounds must be 1 to 99, not " + rounds);
    }
    Set<String> targets = new LinkedHashSet<>(Set.of(Targets.STOCK));
    backends.stream()
        .sorted()
        .forEach(count -> {
          if (count < 1 || count > MOST_BACKENDS) {
            throw wrong("--backends must be 1 to " + MOST_BACKENDS + ", not " + count);
          }
          targets.add(Targets.raid(count));
        });
    targets.add(Targets.CACHED);
    servers.stream()
        .sorted()
        .forEach(count -> {
          if (count < 2 || count > MOST_SERVERS) {
            throw wrong("--servers must be 2 to " + MOST_SERVERS + ", not " + count);
          }
          targets.add(Targets.primaryOf(count));
          targets.add(Targets.secondaryOf(count));
        });
    List<Workload> workloads = workloads();
    targets.removeIf(
        target -> workloads.stream().noneMatch(workload -> Targets.suits(target, workload.kind())));
    Plan plan =
        new Plan(
            workloads,
            List.copyOf(targets),
            rounds,
            quick ? Plan.QUICK_SPAN : Plan.FULL_SPAN,
            quick ? Plan.QUICK_WARM_UP : Plan.FULL_WARM_UP,
            encoding());
    if (check) {
      requireMeasured(plan);
    }
    return plan;
  }

  private void requireMeasured(Plan plan) {
    if (areExecutablesMeasured() && serverNative == null) {
      throw wrong("--check of " + Executables.NAME + " needs --server-native, or ./dev's --native");
    }
    if (!areExecutablesMeasured() || !plan.workloads().isEmpty()) {
      Goal.ALL.forEach(goal -> requireMeasured(plan, goal));
    }
  }

  private void requireMeasured(Plan plan, Goal goal) {
    if (plan.workloads().stream()
        .noneMatch(w -> w.name().equals(goal.workload()) && plan.covers(w, goal.target()))) {
      throw wrong("--check needs " + goal.workload() + " on " + goal.target());
    }
  }

  /** With {@code --only}, of all; else all, or those of a quick run. */
  private List<Workload> workloads() {
    if (only.isEmpty()) {
      return quick ? Plan.quick() : Workload.ALL;
    }
    for (String name : only) {
      if (!Recovery.NAME.startsWith(name)
          && !Executables.NAME.startsWith(name)
          && Workload.ALL.stream().noneMatch(workload -> workload.name().startsWith(name))) {
        throw wrong("--only: there is no workload '" + name + "'; --list shows them");
      }
    }
    // A whole name means that one alone: commit-1 is not commit-16.
    Set<String> whole = new LinkedHashSet<>(Workload.ALL.stream().map(Workload::name).toList());
    return Workload.ALL.stream()
        .filter(workload ->
            only.stream()
                .anyMatch(name ->
                    whole.contains(name)
                        ? workload.name().equals(name)
                        : workload.name().startsWith(name)))
        .toList();
  }

  private @Nullable Encoding encoding() {
    return switch (encoding) {
      case null -> null;
      case "Z" -> Encoding.PICKLE;
      case "M" -> Encoding.MSGPACK;
      default -> throw wrong("--encoding must be Z (pickle) or M (msgpack), not " + encoding);
    };
  }

  private Path file(String option, @Nullable Path path) {
    if (path == null) {
      throw wrong(option + " is missing; './dev bench' gives it");
    }
    if (!Files.isRegularFile(path)) {
      throw wrong(option + ": there is no file " + path);
    }
    return path.toAbsolutePath();
  }

  private ParameterException wrong(String why) {
    return new ParameterException(command(), why);
  }

  private CommandLine command() {
    CommandSpec known = spec;
    if (known == null) {
      throw new IllegalStateException("picocli has not set the command");
    }
    return known.commandLine();
  }

  private PrintWriter out() {
    return command().getOut();
  }

  private void say(String line) {
    long seconds = (System.nanoTime() - began) / 1_000_000_000;
    command().getErr().printf(Locale.ROOT, "bench: %3d s: %s%n", seconds, line);
  }
}
