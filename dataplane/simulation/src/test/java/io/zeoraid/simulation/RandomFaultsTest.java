package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Random faults, many seeds; {@code ./dev simulate} runs more of them. */
final class RandomFaultsTest {
  private static final long SEEDS = 2000;
  private static final long LONG_SEEDS = 20;

  @Test
  void keepsItsPromisesUnderRandomFaults() throws IOException {
    run(SEEDS, false);
  }

  @Test
  void keepsItsPromisesForAQuarterOfAnHour() throws IOException {
    run(LONG_SEEDS, true);
  }

  private static void run(long seeds, boolean isLong) throws IOException {
    AtomicInteger allCopiesLost = new AtomicInteger();
    ConcurrentLinkedQueue<Long> failed = new ConcurrentLinkedQueue<>();
    LongStream.rangeClosed(1, seeds)
        .parallel()
        .filter(seed -> failed.isEmpty())
        .forEach(seed -> {
          try {
            RandomRun run = new RandomRun(seed, isLong, false, Set.of());
            if (run.run() == RandomRun.Outcome.ALL_COPIES_LOST) {
              allCopiesLost.incrementAndGet();
            }
          } catch (Violation | RuntimeException e) {
            failed.add(seed);
          }
        });
    Long seed = failed.peek();
    if (seed != null) {
      Path folder = Files.createDirectories(Path.of("target", "transcripts"));
      fail(Failure.of(seed, isLong, Set.of(), folder.resolve(seed + ".txt")).toString());
    }
    assertTrue(
        allCopiesLost.get() <= 1 + seeds / 20, "too many runs prove nothing: " + allCopiesLost);
  }

  @Test
  void givesTheSameTranscriptForTheSameSeed() {
    for (long seed = 1; seed <= 5; seed++) {
      RandomRun one = new RandomRun(seed, false, true, Set.of());
      RandomRun two = new RandomRun(seed, false, true, Set.of());
      assertEquals(one.run(), two.run());
      List<String> first = one.transcript();
      List<String> second = two.transcript();
      for (int i = 0; i < Math.min(first.size(), second.size()); i++) {
        assertEquals(first.get(i), second.get(i), "seed " + seed + ", line " + i);
      }
      assertEquals(first.size(), second.size(), "seed " + seed);
    }
  }

  /** The transcript says as much as anybody needs, and keeping it changes nothing. */
  @Test
  void runsTheSameWithoutATranscript() {
    RandomRun traced = new RandomRun(7, false, true, Set.of());
    RandomRun silent = new RandomRun(7, false, false, Set.of());
    assertEquals(traced.run(), silent.run());
    assertEquals(traced.millis(), silent.millis());
    assertTrue(silent.transcript().isEmpty());
  }
}
