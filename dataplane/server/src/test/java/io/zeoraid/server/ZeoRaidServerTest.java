package io.zeoraid.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.config.Address;
import io.zeoraid.config.ConfigException;
import io.zeoraid.config.ServerConfig;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.cli.ServeOptions;
import io.zeoraid.server.cli.StartException;
import io.zeoraid.server.control.RaidControl.Watch;
import io.zeoraid.server.control.RefusedException;
import io.zeoraid.server.control.RefusedException.Reason;
import io.zeoraid.server.control.ServerMeters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Start, stop and control of a server whose backends can't be reached. */
@Timeout(120)
final class ZeoRaidServerTest {
  private final ZeoRaidServer server = new ZeoRaidServer(new ServerMeters());
  @TempDir private Path directory;

  @AfterEach
  void stop() {
    server.stop();
  }

  @Test
  void answersWithoutServing() throws Exception {
    server.start(options(""));

    assertEquals(List.of("1"), server.storages());
    RaidStatus status = server.status("1").toCompletableFuture().join();
    assertEquals("1", status.storage());
    assertFalse(status.serving());
    server.turn().toCompletableFuture().join();
  }

  @Test
  void aWatchTellsTheStatusOfNow() throws Exception {
    server.start(options(""));
    CompletableFuture<RaidStatus> told = new CompletableFuture<>();

    try (Watch watch = server.watch("1", told::complete)) {
      assertEquals("1", told.join().storage());
      watch.close();
    }
  }

  @Test
  void watchingAStorageThatThereIsNotIsRefusedAtOnce() throws Exception {
    assertEquals(
        Reason.UNKNOWN_NAME,
        assertThrows(RefusedException.class, () -> server.watch("1", status -> {})).reason());

    server.start(options(""));
    RefusedException refused =
        assertThrows(RefusedException.class, () -> server.watch("x", status -> {}));
    assertEquals("there is no storage x; this server has: 1.", refused.getMessage());
  }

  @Test
  void askingAStorageThatThereIsNotIsRefused() throws Exception {
    server.start(options(""));

    CompletionException e =
        assertThrows(
            CompletionException.class, () -> server.reload("x").toCompletableFuture().join());
    assertTrue(e.getCause() instanceof RefusedException, e.toString());
  }

  @Test
  void theProcessIdIsInItsFileAsLongAsTheServerRuns() throws Exception {
    Path file = directory.resolve("zeo.pid");
    Files.writeString(file, "1234567890\n");

    server.start(options("pid-filename " + file));
    assertEquals(ProcessHandle.current().pid() + "\n", Files.readString(file));

    server.stop();
    assertFalse(Files.exists(file));
  }

  @Test
  void aProcessIdThatCannotBeWrittenIsSaidInWords() {
    Path file = directory.resolve("missing/zeo.pid");

    StartException e =
        assertThrows(StartException.class, () -> server.start(options("pid-filename " + file)));

    assertTrue(String.valueOf(e.getMessage()).contains(file + " (pid-filename)"), e.getMessage());
  }

  @Test
  void certificatesThatCannotBeReadAreNamedAtStart() {
    StartException e =
        assertThrows(
            StartException.class,
            () ->
                server.start(
                    options(
                        "<ssl>\n certificate c.pem\n key k.pem\n authenticate ca.pem\n</ssl>")));

    assertTrue(String.valueOf(e.getMessage()).contains("c.pem"), e.getMessage());
  }

  @Test
  void stoppingTwiceOrWithoutAStartIsNoHarm() throws Exception {
    server.stop();
    server.start(options(""));
    server.stop();
    server.stop();
    server.turn().toCompletableFuture().join();
  }

  private ServeOptions options(String key) throws ConfigException, IOException {
    Path file = directory.resolve("zeo.conf");
    // Nothing can listen at this path.
    Path nowhere = directory.resolve("missing/backend.sock");
    Files.writeString(
        file,
        """
        <zeo>
          address 127.0.0.1:0
          %s
        </zeo>
        <raidstorage>
          <zeoclient a>
            server %s
          </zeoclient>
        </raidstorage>
        """
            .formatted(key, nowhere));
    Address.Tcp unused = new Address.Tcp("127.0.0.1", 0);
    return new ServeOptions(file, ServerConfig.load(file), unused, unused);
  }
}
