package io.zeoraid.bench;

import io.zeoraid.bench.echo.EchoServer;
import io.zeoraid.bench.generator.Caller;
import io.zeoraid.bench.generator.Generator;
import io.zeoraid.bench.generator.Sample;
import io.zeoraid.bench.generator.Span;
import io.zeoraid.bench.generator.Workload;
import io.zeoraid.bench.report.Results;
import io.zeoraid.bench.report.Round;
import io.zeoraid.bench.servers.CpuClock;
import io.zeoraid.bench.servers.Target;
import io.zeoraid.bench.servers.Targets;
import io.zeoraid.protocol.Encoding;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * One run: all targets are up all the time, and each workload is measured on all of them in turn,
 * round after round, so that whatever else the machine does hits all alike. Among them is the load
 * generator itself, against a server that answers at once. Confined to one thread.
 */
final class Bench {
  private static final int WARM_UP_WINDOW = 16;

  private final Plan plan;
  private final Targets targets;
  private final List<String> jvmOptions;
  private final Consumer<String> progress;
  private final Results results = new Results();
  private int done;

  /**
   * @param jvmOptions for the ZEORaid servers
   * @param progress is told a line at a time
   */
  Bench(Plan plan, Targets targets, List<String> jvmOptions, Consumer<String> progress) {
    this.plan = plan;
    this.targets = targets;
    this.jvmOptions = jvmOptions;
    this.progress = progress;
  }

  /** Measures everything. */
  Results run() {
    Encoding announced = plan.encoding() == null ? Encoding.PICKLE : plan.encoding();
    try (Generator generator = new Generator(plan.encoding());
        EchoServer echo = new EchoServer(announced)) {
      List<Target> all = new ArrayList<>(start(generator));
      all.add(new Target(Results.CEILING, echo.address()));
      warmUp(generator, all);
      plan.workloads().forEach(workload -> measure(generator, workload, all));
      all.forEach(Target::requireRole);
      return results;
    }
  }

  private List<Target> start(Generator generator) {
    progress.accept("starting " + String.join(", ", plan.targets()));
    List<Target> started = new ArrayList<>();
    for (String name : plan.targets()) {
      started.add(targets.start(name, jvmOptions, generator));
    }
    return started;
  }

  private void warmUp(Generator generator, List<Target> all) {
    for (Target target : all) {
      target.awaitReady(generator);
      progress.accept("filling and warming up " + target.name());
      target.requireRole();
      if (target.isToBeFilled()) {
        try (Caller caller = generator.call(target.address())) {
          caller.fill();
        }
      }
      Span span = target.isRaid() ? plan.warmUp() : Plan.SHORT_WARM_UP;
      // One by one, and many at once: both are measured, and take different ways in a JVM.
      for (int window : new int[] {1, WARM_UP_WINDOW}) {
        generator.run(target.address(), Workload.loads("warm-up", 2, window), span.half());
      }
      generator.run(
          target.address(), Workload.commits("warm-up", 2, 3, 500, Integer.MAX_VALUE), span);
      target.requireWhole(generator);
    }
  }

  private void measure(Generator generator, Workload workload, List<Target> targets) {
    List<Target> all =
        targets.stream()
            .filter(target ->
                target.name().equals(Results.CEILING) || plan.covers(workload, target.name()))
            .toList();
    for (int round = 0; round < plan.rounds(); round++) {
      for (Target target : order(all, round)) {
        Round measured = measure(generator, workload, target, plan.span());
        results.add(workload.name(), target.name(), measured);
        done++;
        progress.accept(
            String.format(
                Locale.ROOT,
                "[%d/%d] %s, round %d, %s: %s",
                done,
                plan.measurements(),
                workload.name(),
                round + 1,
                target.name(),
                measured.text()));
      }
    }
  }

  /** One measurement, after which the RAID must have all its backends. */
  static Round measure(Generator generator, Workload workload, Target target, Span span) {
    CpuClock before = CpuClock.read(target);
    Sample sample = generator.run(target.address(), workload, span);
    CpuClock.Shares cpu = before.until(CpuClock.read(target));
    target.requireWhole(generator);
    return Round.of(sample, cpu);
  }

  /** Each round begins with another target, and every other one goes backwards. */
  static <T> List<T> order(List<T> all, int round) {
    List<T> order = new ArrayList<>(all);
    Collections.rotate(order, -round);
    return round % 2 == 0 ? order : order.reversed();
  }
}
