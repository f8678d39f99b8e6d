package io.zeoraid.server.storage;

import io.zeoraid.raid.Now;
import java.time.Instant;
import java.util.SplittableRandom;

/** Tells the decisions the time, and gives them chance. Confined to the event loop. */
final class Moments {
  private final SplittableRandom chance = new SplittableRandom();

  Now now() {
    Instant wall = Instant.now();
    return new Now(
        wall.getEpochSecond() * 1_000_000 + wall.getNano() / 1000,
        System.nanoTime() / 1_000_000,
        chance.nextLong());
  }
}
