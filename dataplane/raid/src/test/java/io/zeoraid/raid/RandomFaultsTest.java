package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Random faults, many seeds. {@code -Dzeoraid.seeds=N} runs N of them instead of 1000 within twenty
 * seconds, {@code -Dzeoraid.seed=S} begins with seed S, and the transcript of one that fails is
 * written to {@code target/simulation/SEED.txt}.
 */
final class RandomFaultsTest {
  private static final long FIRST = Long.getLong("zeoraid.seed", 1);
  private static final long SEEDS = Long.getLong("zeoraid.seeds", 1000);
  private static final long LIMIT_NANOS =
      System.getProperty("zeoraid.seeds") == null ? 20_000_000_000L : Long.MAX_VALUE;

  @Test
  void keepsItsPromisesUnderRandomFaults() throws IOException {
    long began = System.nanoTime();
    int allCopiesLost = 0;
    long seed = FIRST;
    for (; seed < FIRST + SEEDS && System.nanoTime() - began < LIMIT_NANOS; seed++) {
      if (run(seed) == RandomRun.Outcome.ALL_COPIES_LOST) {
        allCopiesLost++;
      }
    }
    long ran = seed - FIRST;
    System.out.println("simulated " + ran + " seeds from " + FIRST);
    assertTrue(allCopiesLost <= 1 + ran / 20, "too many runs prove nothing: " + allCopiesLost);
  }

  private static RandomRun.Outcome run(long seed) throws IOException {
    RandomRun run = new RandomRun(seed, Set.of());
    try {
      return run.run();
    } catch (AssertionError | RuntimeException e) {
      Path folder = Files.createDirectories(Path.of("target", "simulation"));
      Path transcript = folder.resolve(seed + ".txt");
      Files.write(transcript, run.world().trace());
      throw new AssertionError(
          "seed "
              + seed
              + " at "
              + run.world().scheduler.now()
              + " ms: "
              + e
              + "\n  transcript: "
              + transcript.toAbsolutePath()
              + "\n  again: -Dtest=RandomFaultsTest -Dzeoraid.seeds=1 -Dzeoraid.seed="
              + seed,
          e);
    }
  }

  @Test
  void givesTheSameTranscriptForTheSameSeed() {
    for (long seed = 1; seed <= 3; seed++) {
      RandomRun one = new RandomRun(seed, Set.of());
      RandomRun two = new RandomRun(seed, Set.of());
      assertEquals(one.run(), two.run());
      List<String> first = one.world().trace();
      List<String> second = two.world().trace();
      for (int i = 0; i < Math.min(first.size(), second.size()); i++) {
        assertEquals(first.get(i), second.get(i), "seed " + seed + ", line " + i);
      }
      assertEquals(first.size(), second.size(), "seed " + seed);
    }
  }
}
