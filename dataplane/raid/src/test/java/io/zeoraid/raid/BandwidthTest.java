package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class BandwidthTest {

  @Test
  void keepsToTheRateOnTheAverage() {
    Bandwidth bandwidth = new Bandwidth(1_000_000);
    long now = 5_000;
    for (int i = 0; i < 1000; i++) {
      now += bandwidth.spend(3_000, now);
    }
    assertTrue(now >= 5_000 + 2_980 && now <= 5_000 + 3_000, "it took until " + now);
  }

  @Test
  void doesNotSaveUpWhatWasNotUsed() {
    Bandwidth bandwidth = new Bandwidth(1_000);
    bandwidth.spend(10, 0);
    assertEquals(1_000, bandwidth.spend(1_000, 60_000));
  }

  @Test
  void nothingMeansNoLimit() {
    assertEquals(0, new Bandwidth(0).spend(Long.MAX_VALUE, 1));
  }
}
