package io.zeoraid.bench;

import io.zeoraid.bench.generator.BenchException;
import io.zeoraid.bench.generator.Caller;
import io.zeoraid.bench.generator.FirstLoad;
import io.zeoraid.bench.generator.Generator;
import io.zeoraid.bench.generator.Span;
import io.zeoraid.bench.generator.Workload;
import io.zeoraid.bench.report.Executables;
import io.zeoraid.bench.report.Executables.Measure;
import io.zeoraid.bench.report.Executables.State;
import io.zeoraid.bench.report.Round;
import io.zeoraid.bench.servers.Restarts;
import io.zeoraid.bench.servers.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Measures the forms of ZEORaid beside one another: each is the server of a RAID of its own over
 * two stock backends, configured as it is by default. Confined to one thread.
 *
 * <p>First each is started again and again, a start for each workload, and does that at once: that
 * is the cold one. Then all are started and left alone, loaded by many clients, warmed up, and
 * measured in turn.
 */
final class ExecutablesBench {
  /** What {@code --list} says. */
  static final String DESCRIPTION =
      "the native executable beside the JVM: start, memory, command line, cold and warm rates";

  private static final int MANY = 100;
  private static final List<Workload> WORKLOADS =
      List.of(
          Workload.hotLoads(Workload.HOT_ONE_BY_ONE, 1, 1),
          Workload.hotLoads(Workload.HOT_PIPELINED, 8, 64),
          Workload.loads("load-" + MANY, MANY, 1),
          Workload.commits(Workload.ONE_COMMITTER, 1, 3, 500, Integer.MAX_VALUE),
          Workload.commits("commit-" + MANY, MANY, 3, 500, Integer.MAX_VALUE));

  /** A server that becomes primary reads so many transactions, record by record. */
  private static final Workload RECENT = Workload.commits("recent", 1, 3, 500, 100);

  private static final long RECENT_MILLIS = 60_000;
  private static final Span COLD_SPAN = new Span(0, 1000);
  private static final int MOST_COLD_ROUNDS = 3;
  private static final int QUICK_COLD_ROUNDS = 1;
  private static final int COMMANDS = 11;
  private static final int QUICK_COMMANDS = 5;
  private static final long IDLE_MILLIS = 5000;
  private static final long BUSY_MILLIS = 5000;
  private static final int PRACTICE = 200;
  private static final double MEGABYTE = 1e6;
  private static final double MILLISECOND = 1e6;

  private final Plan plan;
  private final boolean quick;
  private final List<Restarts> all;
  private final Consumer<String> progress;
  private final Executables measured = new Executables();

  /**
   * @param quick whether to start and ask less often
   * @param all prepared, none of them started
   * @param progress is told a line at a time
   */
  ExecutablesBench(Plan plan, boolean quick, List<Restarts> all, Consumer<String> progress) {
    this.plan = plan;
    this.quick = quick;
    this.all = all;
    this.progress = progress;
  }

  /** Measures everything. */
  Executables run() {
    try (Generator generator = new Generator(plan.encoding())) {
      FirstLoad client = new FirstLoad(plan.encoding());
      all.forEach(each -> fill(each, generator, client));
      int rounds = quick ? QUICK_COLD_ROUNDS : Math.min(plan.rounds(), MOST_COLD_ROUNDS);
      for (int round = 0; round < rounds; round++) {
        for (Workload workload : WORKLOADS) {
          for (Restarts each : Bench.order(all, round)) {
            cold(each, workload, generator, client);
          }
        }
      }
      List<Target> running = new ArrayList<>();
      all.forEach(each -> running.add(memory(each, generator)));
      askAll();
      running.forEach(target -> warmUp(target, generator));
      for (Workload workload : WORKLOADS) {
        for (int round = 0; round < plan.rounds(); round++) {
          for (Target target : Bench.order(running, round)) {
            measure(target, State.WARM, workload, plan.span(), generator);
          }
        }
      }
      all.forEach(Restarts::stop);
      return measured;
    }
  }

  private static String name(Restarts each) {
    return each.executable().name();
  }

  /** The first start, in which the data come to be, does not count; nor does a client's first. */
  private void fill(Restarts each, Generator generator, FirstLoad client) {
    progress.accept("filling the backends of " + name(each));
    Target target = each.start();
    target.awaitReady(generator);
    try (Caller caller = generator.call(target.address())) {
      caller.fill();
    }
    generator.run(target.address(), RECENT, new Span(0, RECENT_MILLIS));
    for (int i = 0; i < PRACTICE; i++) {
      client.await(target.address(), target::requireRunning);
    }
    target.requireWhole(generator);
    each.stop();
  }

  private void cold(Restarts each, Workload workload, Generator generator, FirstLoad client) {
    long began = System.nanoTime();
    Target target = each.start();
    client.await(target.address(), target::requireRunning);
    double millis = (System.nanoTime() - began) / MILLISECOND;
    measured.add(name(each), Measure.FIRST_LOAD, millis);
    progress.accept(String.format(Locale.ROOT, "%s: first load after %.1f ms", name(each), millis));
    measure(target, State.COLD, workload, COLD_SPAN, generator);
    each.stop();
  }

  private Target memory(Restarts each, Generator generator) {
    progress.accept("memory of " + name(each));
    Target target = each.start();
    target.awaitReady(generator);
    pause();
    target
        .frontMemory()
        .ifPresent(memory -> measured.add(name(each), Measure.IDLE, memory.bytes() / MEGABYTE));
    Span span = quick ? new Span(0, BUSY_MILLIS).half() : new Span(0, BUSY_MILLIS);
    WORKLOADS.stream()
        .filter(workload -> workload.clients() == MANY)
        .forEach(workload -> generator.run(target.address(), workload, span));
    target.requireWhole(generator);
    target
        .frontMemory()
        .ifPresent(memory -> measured.add(name(each), Measure.BUSY, memory.mostBytes() / MEGABYTE));
    return target;
  }

  private static void pause() {
    try {
      Thread.sleep(IDLE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  private void askAll() {
    progress.accept("command lines");
    for (int round = 0; round < (quick ? QUICK_COMMANDS : COMMANDS); round++) {
      for (Restarts each : Bench.order(all, round)) {
        measured.add(name(each), Measure.HELP, each.runNanos("--help") / MILLISECOND);
        measured.add(name(each), Measure.STATUS, each.runNanos("status") / MILLISECOND);
      }
    }
  }

  private void warmUp(Target target, Generator generator) {
    progress.accept("warming up " + target.name());
    for (Workload workload : WORKLOADS) {
      generator.run(target.address(), workload, plan.warmUp().half());
    }
  }

  private void measure(
      Target target, State state, Workload workload, Span span, Generator generator) {
    Round round = Bench.measure(generator, workload, target, span);
    measured.add(target.name(), state, workload.name(), round);
    progress.accept(
        String.format(
            Locale.ROOT,
            "%s %s, %s: %s",
            target.name(),
            state.name().toLowerCase(Locale.ROOT),
            workload.name(),
            round.text()));
  }
}
