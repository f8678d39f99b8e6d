package io.zeoraid.bench.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CpuClockTest {
  @Test
  void sharesAreOfOneCore() {
    CpuClock before = clock(0, 0, 0, 0, 0);
    CpuClock later = clock(1000, 100, 300, 600, 1500);
    assertEquals(new CpuClock.Shares(0.1, 0.3, 0.6, 0.5), rounded(before.until(later)));
  }

  @Test
  void othersAreUnknownWhereTheSystemDoesNotTell() {
    assertEquals(0, clock(0, 0, 0, 0, 0).until(clock(1000, 100, 300, 600, 0)).others());
  }

  @Test
  void waitingIsNotBusy() {
    assertEquals(
        Duration.ofMillis(10 * (1 + 2 + 4 + 32 + 64 + 128)),
        CpuClock.busy("cpu  1 2 4 8 16 32 64 128 256 512"));
  }

  private static CpuClock clock(long millis, long generator, long front, long backends, long all) {
    return new CpuClock(
        millis * 1_000_000,
        Duration.ofMillis(generator),
        Duration.ofMillis(front),
        Duration.ofMillis(backends),
        Duration.ofMillis(all));
  }

  private static CpuClock.Shares rounded(CpuClock.Shares shares) {
    return new CpuClock.Shares(
        Math.round(shares.generator() * 1e6) / 1e6,
        Math.round(shares.front() * 1e6) / 1e6,
        Math.round(shares.backends() * 1e6) / 1e6,
        Math.round(shares.others() * 1e6) / 1e6);
  }
}
