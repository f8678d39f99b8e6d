package io.zeoraid.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.raid.status.RaidState;
import io.zeoraid.server.control.FakeControl;
import io.zeoraid.server.control.HandClockwork;
import io.zeoraid.server.control.LoopbackControl;
import io.zeoraid.server.control.RefusedException;
import io.zeoraid.server.control.RefusedException.Reason;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole program in this process, against a real control service on the loopback interface. */
@Timeout(60)
final class CliTest {
  private static final Instant NOW = Instant.parse("2026-03-10T12:00:00Z");

  private final FakeControl control = new FakeControl();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private LoopbackControl server;
  private String port;
  private Map<String, String> environment = Map.of();

  @BeforeEach
  void start() throws Exception {
    server = LoopbackControl.start(control, new HandClockwork(NOW));
    // The control service is 10000 above the ZEO port; the system picks ports well above that.
    port = Integer.toString(server.port() - 10_000);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({"OPTIMAL, 0", "RECOVERING, 1", "DEGRADED, 2", "FAILED, 2"})
  void statusPrintsTheWordAndExitsAsTheNagiosPlugin(RaidState state, int code) {
    control.set(FakeControl.status("1", state));

    assertEquals(code, run("-p", port, "status"));
    assertEquals(state.word() + "\n", printed());
  }

  @Test
  void takesOptionsBeforeAndAfterTheVerb() {
    assertEquals(0, run("-H", "localhost", "-p", port, "-S", "1", "status"));
    assertEquals(0, run("status", "-H", "localhost", "-p", port, "-S", "1"));
    assertEquals(0, run("--host", "127.0.0.1", "status", "--port=" + port));
    assertEquals(0, run("--port=1", "--storage=x", "status", "-p", port, "-S", "1"));
    assertEquals(0, run("--control", "127.0.0.1:" + server.port(), "status"));
    assertEquals("optimal\n".repeat(5), printed());
  }

  @Test
  void theEnvironmentNamesTheControlServiceWhereNoOptionDoes() {
    environment = Map.of("ZEORAID_CONTROL", "127.0.0.1:" + server.port());
    assertEquals(0, run("status"));
    assertEquals("optimal\n", printed());

    environment = Map.of("ZEORAID_CONTROL", "127.0.0.1:1");
    assertEquals(0, run("-p", port, "status"));
    assertEquals(0, run("status", "--control", "127.0.0.1:" + server.port()));
    assertEquals(2, run("status"));
    assertTrue(complained().contains("127.0.0.1:1 was given with"), complained());
  }

  @Test
  void anEnvironmentThatMakesNoSenseIsNamed() {
    environment = Map.of("ZEORAID_CONTROL", "zeo1");

    assertEquals(64, run("status"));
    assertTrue(complained().contains("ZEORAID_CONTROL: 'zeo1' is not HOST:PORT"), complained());
  }

  @Test
  void statusIsUnknownWhenTheServerHasNoSuchStorage() {
    assertEquals(3, run("-p", port, "-S", "x", "status"));
    assertEquals("", printed());
    assertEquals("zeoraid: there is no storage x; this server has: 1.\n", complained());
  }

  @Test
  void statusIsUnknownWhenTheServerCannotTell() {
    control.refuse(new RefusedException(Reason.NOT_NOW, "the storage is just being opened."));

    assertEquals(3, run("-p", port, "status"));
    assertEquals("zeoraid: the storage is just being opened.\n", complained());
  }

  @ParameterizedTest
  @ValueSource(strings = {"status", "details", "reload", "pack", "watch"})
  void saysWhatToCheckWhenNobodyListens(String verb) throws Exception {
    server.close();

    assertEquals(2, run("-p", port, verb));
    assertEquals("", printed());
    assertTrue(
        complained()
            .startsWith(
                "zeoraid: can't reach the control service at 127.0.0.1:" + server.port() + ": "),
        complained());
    assertTrue(complained().contains("Check that 'zeoraid serve' runs there."), complained());
    assertTrue(complained().contains("is the ZEO port " + port + " (-p) plus 10000"), complained());
  }

  @Test
  void saysSoWhenThereIsNoSuchHost() {
    assertEquals(2, run("-H", "no-such-host.invalid", "status"));
    assertTrue(complained().contains("there is no host of that name"), complained());
  }

  @ParameterizedTest
  @ValueSource(strings = {"status", "watch"})
  void doesNotWaitForEver(String verb) {
    control.fallSilent();

    assertEquals(2, run("-p", port, "--timeout", "1", verb));
    assertTrue(complained().contains("did not answer within 1 s"), complained());
  }

  @Test
  void doesNotWaitForEverForSomethingThatIsNoControlService() throws Exception {
    try (var mute = new ServerSocket(0)) {
      assertEquals(
          2, run("--control", "127.0.0.1:" + mute.getLocalPort(), "--timeout=1", "status"));
    }
    assertTrue(complained().contains("127.0.0.1:"), complained());
  }

  @Test
  void detailsShowsABackendALine() {
    control.set(FakeControl.status("1", RaidState.RECOVERING));

    assertEquals(0, run("-p", port, "details"));
    assertEquals(
        """
        storage 1: recovering: b is "out"
        serving clients; primary zeo-0; asked zeo-1; epoch 7; last tid 04020a1b2c3d4e5f

        BACKEND  STATE       CONNECTED  LAST TID          SAYS
        a        in-sync     yes        04020a1b2c3d4e5f  optimal
        b        recovering  yes        04020a1b2c3d4e5f  recovering; \
        1,234 transactions and 4.8 MiB done, about 100,000 to do, 2.4 MiB/s
        """,
        printed());
  }

  @Test
  void printsJson() {
    control.set(FakeControl.status("1", RaidState.RECOVERING));

    assertEquals(1, run("-p", port, "status", "--output", "json"));
    assertEquals(0, run("-p", port, "--output=json", "details"));
    String head =
        "{\"storage\":\"1\",\"status\":\"recovering\",\"detail\":\"b is \\\"out\\\"\",\"serving\":true";
    assertEquals(
        head
            + "}\n"
            + head
            + ",\"epoch\":7,\"primary\":\"zeo-0\",\"server\":\"zeo-1\",\"lastTid\":\"04020a1b2c3d4e5f\""
            + ",\"backends\":[{\"name\":\"a\",\"state\":\"in-sync\",\"text\":\"optimal\",\"connected\":true"
            + ",\"lastTid\":\"04020a1b2c3d4e5f\",\"recovery\":null}"
            + ",{\"name\":\"b\",\"state\":\"recovering\",\"text\":\"recovering\",\"connected\":true"
            + ",\"lastTid\":\"04020a1b2c3d4e5f\",\"recovery\":{\"transactionsDone\":1234,\"bytesDone\":5000000"
            + ",\"transactionsToDo\":100000,\"bytesToDo\":null,\"bytesPerSecond\":2500000.5"
            + ",\"atTid\":\"0000000000000001\",\"goalTid\":\"04020a1b2c3d4e5f\"}}]}\n",
        printed());
  }

  @Test
  void wishesPrintWhatWasDone() {
    assertEquals(0, run("-p", port, "disable", "b"));
    assertEquals(0, run("-p", port, "recover", "b", "--output=json"));
    assertEquals(0, run("reload", "-p", port));

    assertEquals(
        """
        Done: disable 1 b.
        {"message":"Done: recover 1 b."}
        Done: reload 1.
        """,
        printed());
  }

  @ParameterizedTest
  @ValueSource(strings = {"disable b", "recover b", "reload", "pack", "details"})
  void refusedWishesSayWhy(String command) {
    control.refuse(new RefusedException(Reason.NOT_IN_THIS_STATE, "a is the last one in sync."));

    assertEquals(1, run(("-p " + port + " " + command).split(" ")));
    assertEquals("zeoraid: a is the last one in sync.\n", complained());
  }

  @Test
  void packPrintsHowItGoes() {
    control.packEndsWith(CompletableFuture.completedFuture("All are packed."));

    assertEquals(0, run("-p", port, "pack", "--days", "2"));
    assertEquals(
        """
        storage 1: asked to pack to 2026-03-08T12:00:00Z.
        All are packed.
        """,
        printed());
  }

  @Test
  void packKeepsADayUnlessToldOtherwise() {
    assertEquals(0, run("-p", port, "pack"));
    assertEquals(0, run("-p", port, "pack", "--days=0", "--output=json"));

    assertEquals(
        List.of(
            "pack 1 PackWish[before=2026-03-09T12:00:00Z]",
            "pack 1 PackWish[before=2026-03-10T12:00:00Z]"),
        control.asked());
    assertTrue(printed().endsWith("{\"message\":\"Packed.\",\"done\":true}\n"), printed());
  }

  @Test
  void watchPrintsALineForEachChangeUntilTheServerStops() throws Exception {
    var lines = new LineCounter();
    CompletableFuture<Integer> code =
        CompletableFuture.supplyAsync(() -> execute(new PrintWriter(lines), "-p", port, "watch"));
    lines.await(1);
    control.set(FakeControl.status("1", RaidState.DEGRADED));
    lines.await(2);
    server.close();

    assertEquals(2, code.get());
    assertTrue(complained().contains("the server has stopped"), complained());
    assertEquals(
        """
        2026-03-10T12:00:00Z optimal | a in-sync; b in-sync | primary zeo-0; asked zeo-1; epoch 7; \
        last tid 04020a1b2c3d4e5f
        2026-03-10T12:00:00Z degraded | a in-sync; b failed | primary zeo-0; asked zeo-1; epoch 7; \
        last tid 04020a1b2c3d4e5f | b is "out"
        """,
        lines.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "frobnicate",
        "status --frobnicate",
        "disable",
        "disable a b",
        "-p x status",
        "-p 70000 status",
        "-p 55536 status",
        "-p 0 status",
        "pack --force",
        "status --timeout 0",
        "status --output xml",
        "--control localhost status",
        "--control ::1:18100 status",
        "pack --days -1",
        "pack --days many",
        "serve",
        "-p 8100 serve -C zeo.conf"
      })
  void usageErrorsAreNotTakenForCritical(String command) {
    assertEquals(64, run(command.isEmpty() ? new String[0] : command.split(" ")));
    assertEquals("", printed());
    assertTrue(!complained().isBlank());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "serve", "status", "details", "watch", "disable", "recover", "reload", "pack"})
  void everyVerbHasHelpAndVersion(String verb) {
    String[] help = verb.isEmpty() ? new String[] {"--help"} : new String[] {verb, "--help"};
    String[] version =
        verb.isEmpty() ? new String[] {"--version"} : new String[] {verb, "--version"};

    assertEquals(0, run(help));
    assertTrue(printed().startsWith("Usage: zeoraid"), printed());
    assertEquals(0, run(version));
    assertTrue(printed().lines().toList().getLast().matches("zeoraid \\d+\\..*"), printed());
    assertEquals("", complained());
  }

  private int run(String... arguments) {
    return execute(new PrintWriter(out), arguments);
  }

  private int execute(PrintWriter to, String... arguments) {
    return new ZeoRaidCommand(
            new Surroundings(
                to,
                new PrintWriter(err),
                environment,
                InstantSource.fixed(NOW),
                options -> {
                  throw new AssertionError("nobody asked to serve");
                }))
        .execute(arguments);
  }

  private String printed() {
    return out.toString();
  }

  private String complained() {
    return err.toString();
  }
}
