package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.fail;

import io.zeoraid.raid.Safeguard;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Shows that the simulation can fail: without any one of its safeguards, the core is caught. */
final class MutationsTest {
  private static final int SEEDS = 20_000;

  @ParameterizedTest
  @EnumSource(Safeguard.class)
  void catchesTheCoreWithoutTheSafeguard(Safeguard leftOut) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      try {
        new RandomRun(seed, false, false, Set.of(leftOut)).run();
      } catch (Violation caught) {
        System.out.println("| " + leftOut + " | " + seed + " | " + caught.getMessage() + " |");
        return;
      }
    }
    fail("nothing noticed in " + SEEDS + " seeds that " + leftOut + " is missing");
  }
}
