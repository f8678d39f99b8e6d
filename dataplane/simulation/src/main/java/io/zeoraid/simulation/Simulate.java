package io.zeoraid.simulation;

import io.zeoraid.raid.Safeguard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the simulation from the command line, for as long as one likes. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    description = {
      "Simulates RAIDs under random faults, one per seed, and checks what was promised.",
      "The same seed and options always give the same run."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:every run kept every promise", "1:one did not", "2:wrong options"})
public final class Simulate implements Callable<Integer> {
  private static final long SAY_EVERY_NANOS = 30_000_000_000L;

  @Option(names = "--from", paramLabel = "SEED", description = "The first seed (${DEFAULT-VALUE}).")
  private long from = 1;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "How many seeds, at most (${DEFAULT-VALUE}).")
  private long seeds = 2000;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      description = "Begin no further run after this time; without it, all seeds are run.")
  private double minutes;

  @Option(names = "--long", description = "Faults for a quarter of an hour, instead of 45 s.")
  private boolean isLong;

  @Option(
      names = "--without",
      paramLabel = "SAFEGUARD",
      description = "Leave a safeguard out, to see that it is missed: ${COMPLETION-CANDIDATES}.")
  private List<Safeguard> without = new ArrayList<>();

  @Option(
      names = "--transcript",
      paramLabel = "FILE",
      description = "Write down what happens, with --seeds 1; a run that fails is written anyway.")
  private @Nullable Path transcript;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Runs at the same time (as many as there are processors).")
  private int threads = Runtime.getRuntime().availableProcessors();

  private final AtomicLong next = new AtomicLong();
  private final AtomicLong ran = new AtomicLong();
  private final AtomicLong excused = new AtomicLong();
  private volatile @Nullable Long failed;

  private Simulate() {}

  /** The main program. */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Simulate()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  private Set<Safeguard> leftOut() {
    return without.isEmpty() ? Set.of() : EnumSet.copyOf(without);
  }

  @Override
  public Integer call() throws IOException, InterruptedException, ExecutionException {
    long began = System.nanoTime();
    long deadline = minutes > 0 ? began + (long) (minutes * 60e9) : Long.MAX_VALUE;
    next.set(from);
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, threads))) {
      for (int i = 0; i < threads; i++) {
        running.add(pool.submit(() -> work(began, deadline)));
      }
    }
    for (Future<?> worker : running) {
      worker.get();
    }
    System.out.printf(
        "%d runs from seed %d in %.0f s; in %d of them all copies were lost at once%n",
        ran.get(), from, (System.nanoTime() - began) / 1e9, excused.get());
    Long seed = failed;
    if (seed == null) {
      return 0;
    }
    report(seed);
    return 1;
  }

  private void work(long began, long deadline) {
    long said = began;
    while (failed == null && System.nanoTime() < deadline) {
      long seed = next.getAndIncrement();
      if (seed >= from + seeds) {
        return;
      }
      try {
        boolean traced = transcript != null && seeds == 1;
        RandomRun run = new RandomRun(seed, isLong, traced, leftOut());
        if (run.run() == RandomRun.Outcome.ALL_COPIES_LOST) {
          excused.incrementAndGet();
        }
        if (traced && transcript != null) {
          Files.write(transcript, run.transcript());
        }
      } catch (Violation | RuntimeException | IOException e) {
        failed = seed;
      }
      ran.incrementAndGet();
      if (System.nanoTime() - said > SAY_EVERY_NANOS) {
        said = System.nanoTime();
        System.out.printf("%d runs, at seed %d%n", ran.get(), seed);
      }
    }
  }

  private void report(long seed) throws IOException {
    Path file = transcript == null ? Path.of("simulation-" + seed + ".txt") : transcript;
    System.out.println(Failure.of(seed, isLong, leftOut(), file));
  }
}
