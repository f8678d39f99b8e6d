package io.zeoraid.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RecoveryTest {
  private final Recovery recovery = new Recovery(100_000_000, 3000, 4, 0.5);

  @Test
  void isComparedWithThePlainCopyOfTheSameFile() {
    assertEquals(
        "Recovery of an empty backend: 100 MB, 3000 transactions in 4.0 s: 25.0 MB/s,"
            + " 750 transactions/s; a plain copy of the file with fsync: 200 MB/s."
            + " Recovery: 0.125 × copy.",
        recovery.line());
  }

  @Test
  void valuesSayTheSame() {
    assertEquals(25.0, recovery.values().get("megabytesPerSecond"));
    assertEquals(200.0, recovery.values().get("copyMegabytesPerSecond"));
    assertEquals(0.125, recovery.values().get("timesCopy"));
  }
}
