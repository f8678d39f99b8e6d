package io.zeoraid.bench.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class MemoryTest {
  @Test
  void isWhatTheSystemTells() {
    assertEquals(
        Optional.of(new Memory(45_056, 61_440)),
        Memory.parse("Name:\tzeoraid", "VmHWM:\t      60 kB", "VmRSS:\t      44 kB", "Threads: 1"));
  }

  @Test
  void isUnknownOfAProcessThatHasEnded() {
    assertEquals(Optional.empty(), Memory.parse("Name:\tzeoraid", "State:\tZ (zombie)"));
    assertEquals(Optional.empty(), Memory.of(Long.MAX_VALUE));
  }

  @Test
  void isKnownOfThisProcess() {
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")));
    Memory own = Memory.of(ProcessHandle.current().pid()).orElseThrow();
    assertTrue(own.bytes() > 0 && own.bytes() <= own.mostBytes());
  }
}
