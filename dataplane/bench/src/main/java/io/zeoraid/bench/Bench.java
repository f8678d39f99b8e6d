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
 * round after round, so that whatever else the machine does hits all alike. Confined to one thread.
 */
final class Bench {
  private static final Span CEILING_SPAN = new Span(300, 500);
  private static final CpuClock.Shares UNKNOWN = new CpuClock.Shares(0, 0, 0, 0);

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
    try (Generator generator = new Generator(plan.encoding())) {
      List<Target> started = start();
      measureCeiling(generator);
      progress.accept("filling " + String.join(", ", plan.targets()));
      for (Target target : started) {
        target.awaitReady(generator);
        try (Caller caller = generator.call(target.address())) {
          caller.fill();
        }
      }
      progress.accept("warming up");
      for (Target target : started) {
        warmUp(generator, target);
      }
      plan.workloads().forEach(workload -> measure(generator, workload, started));
      return results;
    }
  }

  private List<Target> start() {
    progress.accept("starting " + String.join(", ", plan.targets()));
    List<Target> started = new ArrayList<>();
    for (String name : plan.targets()) {
      started.add(
          name.equals(Targets.STOCK)
              ? targets.stock()
              : targets.raid(jvmOptions, Integer.parseInt(name.substring(name.length() - 1))));
    }
    return started;
  }

  /** What the load generator does when the server takes no time; it also warms up the generator. */
  private void measureCeiling(Generator generator) {
    progress.accept("measuring the load generator itself");
    Encoding announced = plan.encoding() == null ? Encoding.PICKLE : plan.encoding();
    try (EchoServer echo = new EchoServer(announced)) {
      generator.run(echo.address(), Workload.loads("warm-up", 4, 64), plan.warmUp());
      generator.run(
          echo.address(), Workload.commits("warm-up", 4, 3, 500, Integer.MAX_VALUE), plan.warmUp());
      for (Workload workload : plan.workloads()) {
        Sample sample = generator.run(echo.address(), workload, CEILING_SPAN);
        results.add(workload.name(), Results.CEILING, Round.of(sample, UNKNOWN));
      }
    }
  }

  private void warmUp(Generator generator, Target target) {
    generator.run(target.address(), Workload.loads("warm-up", 2, 8), plan.warmUp());
    generator.run(
        target.address(), Workload.commits("warm-up", 2, 3, 500, Integer.MAX_VALUE), plan.warmUp());
    target.requireWhole(generator);
  }

  private void measure(Generator generator, Workload workload, List<Target> all) {
    for (int round = 0; round < plan.rounds(); round++) {
      for (Target target : order(all, round)) {
        CpuClock before = CpuClock.read(target);
        Sample sample = generator.run(target.address(), workload, plan.span());
        CpuClock.Shares cpu = before.until(CpuClock.read(target));
        target.requireWhole(generator);
        results.add(workload.name(), target.name(), Round.of(sample, cpu));
        done++;
        progress.accept(
            String.format(
                Locale.ROOT,
                "[%d/%d] %s, round %d, %s: %.0f/s, p50 %.3f ms, p99 %.3f ms",
                done,
                plan.measurements(),
                workload.name(),
                round + 1,
                target.name(),
                sample.perSecond(),
                sample.micros(50) / 1000,
                sample.micros(99) / 1000));
      }
    }
  }

  /** Each round begins with another target, and every other one goes backwards. */
  static <T> List<T> order(List<T> all, int round) {
    List<T> order = new ArrayList<>(all);
    Collections.rotate(order, -round);
    return round % 2 == 0 ? order : order.reversed();
  }
}
