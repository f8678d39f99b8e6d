package io.zeoraid.bench;

import io.zeoraid.bench.generator.Span;
import io.zeoraid.bench.generator.Workload;
import io.zeoraid.bench.servers.Targets;
import io.zeoraid.protocol.Encoding;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one run measures. Immutable.
 *
 * @param workloads in their order
 * @param targets names, in their order
 * @param rounds how often each is measured
 * @param span how long each round takes
 * @param warmUp how long each RAID loads, and then commits, before anything is measured: a JVM
 *     compiles what it runs often
 * @param encoding what clients speak; null for what ZEO announces by default
 */
record Plan(
    List<Workload> workloads,
    List<String> targets,
    int rounds,
    Span span,
    Span warmUp,
    @Nullable Encoding encoding) {

  private static final Set<String> QUICK =
      Set.of(
          "load-1",
          "pipelined-4",
          Workload.HOT_ONE_BY_ONE,
          Workload.HOT_PIPELINED,
          "commit-1",
          "commit-16",
          "commit-1mb-1");

  static final Span FULL_SPAN = new Span(250, 1000);
  static final Span QUICK_SPAN = new Span(100, 250);
  static final Span FULL_WARM_UP = new Span(0, 6000);
  static final Span QUICK_WARM_UP = new Span(0, 1800);

  /** For those who need none: Python, and the load generator once it was used on them. */
  static final Span SHORT_WARM_UP = new Span(0, 500);

  /** The workloads of a quick run. */
  static List<Workload> quick() {
    return Workload.ALL.stream().filter(workload -> QUICK.contains(workload.name())).toList();
  }

  /** Whether this workload is measured on this target. */
  boolean covers(Workload workload, String target) {
    return targets.contains(target) && Targets.suits(target, workload.kind());
  }

  /** How many measurements that makes, those of the load generator itself among them. */
  int measurements() {
    int measurements = 0;
    for (Workload workload : workloads) {
      measurements++;
      for (String target : targets) {
        measurements += covers(workload, target) ? 1 : 0;
      }
    }
    return measurements * rounds;
  }
}
