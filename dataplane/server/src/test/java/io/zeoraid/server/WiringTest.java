package io.zeoraid.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zeoraid.config.Address;
import io.zeoraid.config.ConfigException;
import io.zeoraid.config.ServerConfig;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.Settings;
import io.zeoraid.server.backend.BackendTarget;
import io.zeoraid.server.client.ClientBudget;
import io.zeoraid.server.client.ClientLimits;
import io.zeoraid.server.net.tls.TlsFiles;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WiringTest {
  private static final String ALL_KEYS =
      """
      <zeo>
        address 8100
        msgpack yes
        invalidation-queue-size 12
        transaction-timeout 100
        max-message-size 1MB
        client-write-buffer 2MB
        max-connections 34
        max-calls 7
        max-call-size 8KB
        total-client-memory 9MB
        handshake-timeout 1.5
      </zeo>
      <raidstorage Main>
        timeout 7
        ping-interval 1.5
        check-interval 2.5
        auto-recover no
        recovery-bandwidth 20000000
        transaction-memory 3MB
        max-transaction-size 4MB
        temp-dir /var/tmp/zeoraid
        <zeoclient b>
          server south:8101
          server south-2:8101
          storage Other
          client-label us
          transaction-timeout 60
        </zeoclient>
        <zeoclient a>
          server north:8101
          transaction-timeout 50
        </zeoclient>
      </raidstorage>
      """;

  private static final String NO_KEYS =
      """
      <zeo>
        address 8100
      </zeo>
      <raidstorage>
        <zeoclient a>
          server north:8101
        </zeoclient>
      </raidstorage>
      """;

  @Test
  void theDecisionsAreToldWhatTheConfigurationSays() throws ConfigException {
    assertEquals(
        new Settings(
            "main",
            "zeo-0",
            "here:8100",
            names("a", "b"),
            5_000,
            500,
            2_500,
            500,
            37_000,
            12_000,
            25_000,
            30_000,
            12,
            false,
            20_000_000,
            0),
        settings(ALL_KEYS));
  }

  @Test
  void theDefaultsAreThoseOfTheConfiguration() throws ConfigException {
    assertEquals(
        new Settings(
            "1",
            "zeo-0",
            "here:8100",
            names("a"),
            5_000,
            500,
            3_000,
            500,
            40_000,
            15_000,
            300_000,
            30_000,
            100,
            true,
            0,
            0),
        settings(NO_KEYS));
  }

  @Test
  void aShortTimeOutAlsoBoundsHowLongConnectingMayTake() throws ConfigException {
    Settings settings =
        settings(NO_KEYS.replace("<zeoclient a>", "timeout 0.2\nping-interval 0.1\n<zeoclient a>"));

    assertEquals(200, settings.connectMillis());
    assertEquals(200, settings.retryMillis());
  }

  @ParameterizedTest
  @CsvSource({
    // ours, north's, south's, and how long locks may be held, in seconds
    "'', '', '', 300",
    "100, '', '', 100",
    "'', 120, '', 60",
    "'', 120, 50, 25",
    "'', 50, 120, 25",
    "20, 50, 120, 20",
    "25, 50, '', 25",
    "'', 10000, '', 300",
    "'', 0.1, '', 0.05",
  })
  void locksAreHeldForHalfOfTheShortestTransactionTimeoutAtMost(
      String ours, String north, String south, double seconds) throws ConfigException {
    ServerConfig config =
        parse(
            "<zeo>\naddress 8100\n%s\n</zeo>\n<raidstorage>\n%s%s</raidstorage>\n"
                .formatted(timeout(ours), backend("north", north), backend("south", south)));

    assertEquals(
        Math.round(seconds * 1000), Wiring.lockMillis(config.zeo(), config.storages().getFirst()));
  }

  @Test
  void backendsAreTreatedAsTheConfigurationSays() throws ConfigException, IOException {
    ServerConfig config = parse(ALL_KEYS);

    assertEquals(
        Set.of(
            new BackendTarget(
                "b",
                List.of(new Address.Tcp("south", 8101), new Address.Tcp("south-2", 8101)),
                "Other",
                "us",
                1 << 20,
                7_000,
                1_500,
                BackendTarget.Kind.BACKEND,
                Optional.empty()),
            new BackendTarget(
                "a",
                List.of(new Address.Tcp("north", 8101)),
                "1",
                "zeoraid",
                1 << 20,
                7_000,
                1_500,
                BackendTarget.Kind.BACKEND,
                Optional.empty())),
        Set.copyOf(
            Wiring.targets(config.zeo(), config.storages().getFirst(), new TlsFiles()).values()));
  }

  @Test
  void clientsAreGrantedWhatTheConfigurationSays() throws ConfigException {
    ServerConfig config = parse(ALL_KEYS);

    assertEquals(
        new ClientLimits(
            Encoding.MSGPACK,
            1 << 20,
            2 << 20,
            34,
            new TransactionBuffer.Limits(3 << 20, 4 << 20, Path.of("/var/tmp/zeoraid")),
            14_000,
            false,
            false,
            new ClientBudget(7, 8 << 10, 9 << 20, 1_500)),
        Wiring.limits(config.zeo(), config.storages().getFirst()));
  }

  @Test
  void clientsAreGrantedTheDefaultsOtherwise() throws ConfigException {
    ServerConfig config = parse(NO_KEYS);

    assertEquals(
        new ClientLimits(
            Encoding.PICKLE,
            256 << 20,
            64 << 20,
            10_000,
            new TransactionBuffer.Limits(
                16 << 20, 4L << 30, Path.of(System.getProperty("java.io.tmpdir"))),
            20_000,
            false,
            false,
            new ClientBudget(2000, 256 << 10, Runtime.getRuntime().maxMemory() / 2, 10_000)),
        Wiring.limits(config.zeo(), config.storages().getFirst()));
  }

  @ParameterizedTest
  @CsvSource({"address 8100, <zeo>", "<zeoclient a>, <raidstorage>"})
  void theServerOrTheStorageMayBeReadOnly(String before, String section) throws ConfigException {
    ServerConfig config = parse(NO_KEYS.replace(before, "read-only yes\n" + before));

    assertEquals(
        true, Wiring.limits(config.zeo(), config.storages().getFirst()).readOnly(), section);
  }

  private static Settings settings(String text) throws ConfigException {
    ServerConfig config = parse(text);
    return Wiring.settings("zeo-0", "here:8100", config.zeo(), config.storages().getFirst());
  }

  private static ServerConfig parse(String text) throws ConfigException {
    return ServerConfig.parse(text, Path.of("/"));
  }

  private static TreeSet<BackendName> names(String... names) {
    TreeSet<BackendName> set = new TreeSet<>();
    for (String name : names) {
      set.add(new BackendName(name));
    }
    return set;
  }

  private static String backend(String name, String transactionTimeout) {
    return "<zeoclient %s>\nserver %s:8101\n%s\n</zeoclient>\n"
        .formatted(name, name, timeout(transactionTimeout));
  }

  private static String timeout(String value) {
    return value.isEmpty() ? "" : "transaction-timeout " + value;
  }
}
