package io.zeoraid.bench.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.bench.generator.BenchException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessesTest {
  @Test
  void endsWhatItStartedAndDeletesItsFolder(@TempDir Path parent) throws Exception {
    Processes processes = new Processes(parent);
    ServerProcess sleeper =
        processes.start("sleeper", processes.folder(), List.of("sleep", "1000"));
    Files.writeString(processes.folder().resolve("data"), "data");
    assertTrue(sleeper.isAlive());
    processes.close();
    assertFalse(sleeper.isAlive());
    try (var left = Files.list(parent)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void startsNothingAfterItsEnd(@TempDir Path parent) {
    Processes processes = new Processes(parent);
    processes.close();
    assertTrue(processes.isEnded());
    assertThrows(
        BenchException.class, () -> processes.start("sleeper", parent, List.of("sleep", "1000")));
  }

  @Test
  void namesAProgramThatIsNotThere(@TempDir Path parent) {
    try (Processes processes = new Processes(parent)) {
      BenchException missing =
          assertThrows(
              BenchException.class,
              () -> processes.start("server", parent, List.of("/does/not/exist")));
      assertTrue(String.valueOf(missing.getMessage()).startsWith("can't start server"));
    }
  }
}
