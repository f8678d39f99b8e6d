package io.zeoraid.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.config.Address;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ServeCommandTest {
  private static final String STORAGE =
      """
      <raidstorage 1>
        <zeoclient a>
          server localhost:8201
        </zeoclient>
        <zeoclient b>
          server localhost:8202
        </zeoclient>
      </raidstorage>
      """;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final List<ServeOptions> served = new ArrayList<>();

  private @Nullable StartException refusal;

  @TempDir private Path directory;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = directory.resolve("zeo.conf");
  }

  @Test
  void listensOnLoopbackFarFromThePortsNextToTheZeoPort() throws IOException {
    write("address 10.0.0.1:8100");

    assertEquals(7, run("serve", "-C", file.toString()));

    assertEquals(new Address.Tcp("127.0.0.1", 18100), served.getFirst().control());
    assertEquals(new Address.Tcp("127.0.0.1", 28100), served.getFirst().http());
    assertEquals(file, served.getFirst().file());
    assertEquals("1", served.getFirst().config().storages().getFirst().name());
  }

  @Test
  void listensWhereTheFileSays() throws IOException {
    write("address 8100\ncontrol-address 0.0.0.0:9001\nhttp-address localhost:9002");

    assertEquals(7, run("serve", "--configure", file.toString()));

    assertEquals(new Address.Tcp("0.0.0.0", 9001), served.getFirst().control());
    assertEquals(new Address.Tcp("localhost", 9002), served.getFirst().http());
  }

  @Test
  void theCommandLineOverrulesTheFile() throws IOException {
    write("address 8100\ncontrol-address 0.0.0.0:9001\nhttp-address localhost:9002");

    run("serve", "-C", file.toString(), "--control", "[::1]:1", "--http=example.org:2");

    assertEquals(new Address.Tcp("::1", 1), served.getFirst().control());
    assertEquals(new Address.Tcp("example.org", 2), served.getFirst().http());
  }

  @Test
  void checkTellsWhatTheFileMeansAndServesNothing() throws IOException {
    write("address 8100");

    assertEquals(0, run("serve", "-C", file.toString(), "--check"));

    assertEquals(List.of(), served);
    assertTrue(
        out.toString()
            .contains("control at 127.0.0.1:18100, health and metrics at 127.0.0.1:28100"),
        out.toString());
    assertTrue(
        out.toString().contains("storage 1 on a [localhost:8201], b [localhost:8202]"),
        out.toString());
  }

  @Test
  void checkTellsOfTls() throws IOException {
    write("address 8100\n<control-ssl>\ncertificate c\nauthenticate a\n</control-ssl>");

    assertEquals(0, run("serve", "-C", file.toString(), "--check"));

    assertTrue(out.toString().contains("control at 127.0.0.1:18100 with TLS,"), out.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, true",
    "127.1.2.3, true",
    "::1, true",
    "localhost, true",
    "'', false",
    "0.0.0.0, false",
    "::, false",
    "192.0.2.1, false",
    "nowhere.invalid, false"
  })
  void knowsWhatOnlyThisMachineReaches(String host, boolean loopback) {
    assertEquals(loopback, ServeAddresses.isLoopback(new Address.Tcp(host, 18100)));
  }

  @Test
  void theOptionsBeforeServeAreForThoseWhoAsk() throws IOException {
    write("address 8100");

    assertEquals(64, run("--certificate", "c.pem", "serve", "-C", file.toString()));
  }

  @Test
  void errorsInTheFileAreListed() throws IOException {
    write("address 8100\nadress 8100");

    assertEquals(1, run("serve", "-C", file.toString(), "--check"));

    assertTrue(err.toString().contains("zeo.conf:3: "), err.toString());
    assertTrue(err.toString().contains("adress"), err.toString());
  }

  @Test
  void aFileThatIsNotThereIsAnError() {
    assertEquals(1, run("serve", "-C", file.toString()));

    assertTrue(err.toString().contains(file.toString()), err.toString());
  }

  @Test
  void aUnixSocketNeedsAddressesThatAreWrittenDown() throws IOException {
    write("address /tmp/zeo.sock");

    assertEquals(1, run("serve", "-C", file.toString()));

    assertTrue(err.toString().contains("control-address host:port"), err.toString());
  }

  @Test
  void aPortTooHighToCountFromNeedsAddressesThatAreWrittenDown() throws IOException {
    write("address 55536\nhttp-address 9002");
    assertEquals(1, run("serve", "-C", file.toString()));
    assertTrue(err.toString().contains("the ZEO port 55536 plus 10000"), err.toString());
    assertTrue(err.toString().contains("give control-address host:port"), err.toString());

    write("address 45536");
    assertEquals(1, run("serve", "-C", file.toString()));
    assertTrue(err.toString().contains("give http-address host:port"), err.toString());
  }

  @Test
  void theHighestPortsThatCanBeCountedFromAreCountedFrom() throws IOException {
    write("address 45535");

    assertEquals(7, run("serve", "-C", file.toString()));

    assertEquals(new Address.Tcp("127.0.0.1", 55535), served.getFirst().control());
    assertEquals(new Address.Tcp("127.0.0.1", 65535), served.getFirst().http());
  }

  @Test
  void runsTheLayoutOfExistingDeploymentsUnchanged() throws IOException {
    Files.writeString(
        file,
        """
        <zeo>
          address 8100
        </zeo>
        <raidstorage 1>
          cluster-mode single
          <zeoclient 1>
            server localhost:8101
            storage 1
          </zeoclient>
          <zeoclient 2>
            server localhost:8102
            storage 1
          </zeoclient>
        </raidstorage>
        """);

    assertEquals(7, run("serve", "-C", file.toString()));

    assertEquals(18100, served.getFirst().control().port());
    assertEquals(28100, served.getFirst().http().port());
  }

  @Test
  void anAddressThatIsTakenIsNamed() throws IOException {
    try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var taken = new Address.Tcp("127.0.0.1", other.getLocalPort());

      StartException e =
          assertThrows(StartException.class, () -> ServeAddresses.requireFree("control", taken));

      assertTrue(
          String.valueOf(e.getMessage()).startsWith("can't listen at " + taken + " for control: "),
          e.getMessage());
    }
  }

  @Test
  void saysWhyItCannotStart() throws IOException {
    write("address 8100");
    refusal = new StartException("the ZEO address is taken.");

    assertEquals(1, run("serve", "-C", file.toString()));

    assertEquals("zeoraid: the ZEO address is taken.\n", err.toString());
  }

  @Test
  void tellsQuarkusWhereToListenAndWhatToLog() throws IOException {
    write("address 8100\ncontrol-address :9001");
    Files.writeString(
        file,
        """
        <eventlog>
          level debug
          <logfile>
            path /var/log/zeo.log
          </logfile>
        </eventlog>
        """,
        StandardOpenOption.APPEND);
    run("serve", "-C", file.toString());

    assertEquals(
        Map.ofEntries(
            Map.entry("quarkus.grpc.server.host", "0.0.0.0"),
            Map.entry("quarkus.grpc.server.port", "9001"),
            Map.entry("quarkus.http.host", "127.0.0.1"),
            Map.entry("quarkus.http.port", "28100"),
            Map.entry("quarkus.log.category.\"io.zeoraid\".level", "DEBUG"),
            Map.entry("quarkus.log.level", "INFO"),
            Map.entry("quarkus.log.console.enabled", "false"),
            Map.entry("quarkus.log.file.enabled", "true"),
            Map.entry("quarkus.log.file.path", "/var/log/zeo.log"),
            Map.entry("quarkus.log.file.level", "ALL"),
            Map.entry("quarkus.log.file.rotation.rotate-on-boot", "false")),
        QuarkusSettings.of(served.getFirst()));
  }

  private void write(String keys) throws IOException {
    Files.writeString(file, "<zeo>\n" + keys + "\n</zeo>\n" + STORAGE);
  }

  private int run(String... arguments) {
    return new ZeoRaidCommand(
            new Surroundings(
                new PrintWriter(out),
                new PrintWriter(err),
                Map.of(),
                InstantSource.system(),
                options -> {
                  if (refusal != null) {
                    throw refusal;
                  }
                  served.add(options);
                  return 7;
                }))
        .execute(arguments);
  }
}
