package io.zeoraid.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole files, as people have them. */
class ServerConfigTest {

  /** The least that can be served. */
  private static final String MINIMAL =
      """
      <zeo>
        address 8100
      </zeo>
      <raidstorage>
        <zeoclient a>
          server 8101
        </zeoclient>
      </raidstorage>
      """;

  @Test
  void fillsInTheDefaults() throws ConfigException {
    ServerConfig config = ServerConfig.parse(MINIMAL, Path.of(""));

    assertEquals(
        new ZeoSection(
            new Address.Tcp("", 8100),
            false,
            100,
            Optional.empty(),
            Optional.empty(),
            false,
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            256 << 20,
            64L << 20,
            Duration.ofSeconds(10),
            10_000,
            new ClientBounds(2000, 256 << 10, Optional.empty(), Duration.ofSeconds(10))),
        config.zeo());
    assertEquals(
        List.of(
            new RaidStorageConfig(
                "1",
                List.of(
                    new BackendConfig(
                        "a",
                        List.of(new Address.Tcp("127.0.0.1", 8101)),
                        "1",
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty())),
                false,
                Optional.empty(),
                false,
                Optional.empty(),
                Duration.ofMillis(500),
                Duration.ofSeconds(10),
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                true,
                0,
                16L << 20,
                4L << 30,
                64L << 20,
                Optional.empty())),
        config.storages());
    assertEquals(Optional.empty(), config.eventLog());
    assertEquals(List.of(), config.notices());
  }

  @Test
  void readsEveryKey() throws Exception {
    Path file = resource("every-key.conf");
    ServerConfig config = ServerConfig.load(file, Map.of("HOME", "/home/zeo"));

    assertEquals(
        new ZeoSection(
            new Address.Tcp("::1", 8100),
            true,
            5000,
            Optional.of(Duration.ofMillis(3_600_500)),
            Optional.of(Duration.ofMinutes(2)),
            true,
            true,
            Optional.of(Path.of("/home/zeo/zeo.pid")),
            Optional.of(
                new SslConfig(
                    Path.of("/etc/zeo/server.pem"),
                    Optional.of(Path.of("/etc/zeo/server.key")),
                    Optional.of(Path.of("/etc/zeo/password")),
                    Optional.of("/etc/zeo/clients.pem"),
                    true,
                    Optional.of("zeoraid"))),
            Optional.of(new Address.Tcp("127.0.0.1", 9100)),
            Optional.of(
                new SslConfig(
                    Path.of("/etc/zeo/control.pem"),
                    Optional.of(Path.of("/etc/zeo/control.key")),
                    Optional.of(Path.of("/etc/zeo/control-password")),
                    Optional.of("/etc/zeo/administrators.pem"),
                    false,
                    Optional.empty())),
            Optional.of(new Address.Tcp("", 9080)),
            Optional.of(new Address.Tcp("zeoraid-1.example.org", 8100)),
            512 << 20,
            1L << 30,
            Duration.ofSeconds(30),
            2000,
            new ClientBounds(500, 128 << 10, Optional.of(768L << 20), Duration.ofSeconds(5))),
        config.zeo());
    assertEquals(
        List.of(
            new RaidStorageConfig(
                "main",
                List.of(
                    new BackendConfig(
                        "a",
                        List.of(new Address.Tcp("a.example.org", 8101)),
                        "Data.fs",
                        Optional.of(Duration.ofMinutes(2)),
                        Optional.of("raid"),
                        Optional.of(
                            new SslConfig(
                                Path.of("a.pem"),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of("/etc/zeo/trusted"),
                                false,
                                Optional.of("zeo"))))),
                true,
                Optional.of(Path.of("/srv/zeo/blobs")),
                true,
                Optional.of(new MembershipPlace.File(Path.of("/var/lib/zeoraid/main"))),
                Duration.ofMillis(250),
                Duration.ofSeconds(5),
                Duration.ofMillis(500),
                Duration.ofMinutes(1),
                false,
                20L << 20,
                128L << 10,
                20L << 30,
                0,
                Optional.of(file.resolveSibling("tmp")))),
        config.storages());
    assertEquals(
        Optional.of(
            new EventLog(
                LogLevel.DEBUG,
                List.of(
                    new EventLog.LogFile(new EventLog.Target.StandardError(), LogLevel.CRITICAL)))),
        config.eventLog());
    assertEquals(List.of(), config.notices());
  }

  @Test
  void readsABuildoutOfGoceptZeoraidAsItIs() throws Exception {
    ServerConfig config = ServerConfig.load(resource("buildout-coop.conf"));

    assertEquals(new Address.Tcp("zeoraid1.example.org", 8100), config.zeo().address());
    assertEquals(1000, config.zeo().invalidationQueueSize());
    assertEquals(
        Optional.of(Path.of("/srv/zope/raid/parts/zeoraid1/var/ZEO.pid")),
        config.zeo().pidFilename());
    RaidStorageConfig raid = config.storages().getFirst();
    assertEquals("1", raid.name());
    assertEquals(Optional.of(Path.of("/srv/zope/raid/parts/zeoraid1/blobs")), raid.blobDir());
    assertEquals(List.of("1", "2"), raid.backends().stream().map(BackendConfig::name).toList());
    assertEquals(
        List.of(new Address.Tcp("zeo2.example.org", 8101)), raid.backends().get(1).addresses());
    assertEquals(
        Optional.of(
            new EventLog(
                LogLevel.INFO,
                List.of(
                    new EventLog.LogFile(
                        new EventLog.Target.File(Path.of("/srv/zope/raid/var/log/zeoraid1.log")),
                        LogLevel.NOTSET)))),
        config.eventLog());
  }

  @Test
  void saysWhatNoLongerApplies() throws Exception {
    Path file = resource("buildout-coop.conf");

    assertEquals(
        List.of(
            "13 cluster-mode",
            "14 fail-mode",
            "20 min-disconnect-poll",
            "21 max-disconnect-poll",
            "22 blob-dir",
            "27 min-disconnect-poll",
            "28 max-disconnect-poll",
            "29 blob-dir",
            "37 format",
            "41 <runner>"),
        ServerConfig.load(file).notices().stream()
            .map(notice -> notice.line() + " " + notice.key())
            .toList());
    assertEquals(
        file
            + ":13: cluster-mode: no longer applies: who is in sync is kept in a record outside the"
            + " backends, so two backends may lose one and go on, and servers that don't see each"
            + " other never both commit.",
        ServerConfig.load(file).notices().getFirst().toString());
  }

  @Test
  void readsAHandwrittenFileOfZope2Times() throws Exception {
    ServerConfig config = ServerConfig.load(resource("handwritten-zope2.conf"));

    assertEquals(Optional.of(Duration.ofMinutes(5)), config.zeo().transactionTimeout());
    RaidStorageConfig raid = config.storages().getFirst();
    assertEquals("main", raid.name());
    BackendConfig north = raid.backends().getFirst();
    assertEquals("north", north.name());
    assertEquals("Main", north.storage());
    assertEquals(
        List.of(
            new Address.Tcp("north.example.org", 8101),
            new Address.Tcp("north-dr.example.org", 8101)),
        north.addresses());
    assertEquals(
        List.of(new Address.Unix(Path.of("/var/run/zeo/south.sock"))),
        raid.backends().get(1).addresses());
    assertEquals(List.of(new Address.Tcp("2001:db8::e", 8101)), raid.backends().get(2).addresses());
    assertEquals(Optional.of("raid-1"), raid.backends().get(2).clientLabel());
    assertEquals(
        new EventLog(
            LogLevel.WARNING,
            List.of(
                new EventLog.LogFile(new EventLog.Target.StandardOutput(), LogLevel.NOTSET),
                new EventLog.LogFile(
                    new EventLog.Target.File(Path.of("./log/zeo.log")), LogLevel.ERROR))),
        config.eventLog().orElseThrow());
    assertEquals(
        List.of(
            "monitor-address",
            "cluster-mode",
            "fail-mode",
            "name",
            "client",
            "var",
            "cache-size",
            "min-disconnect-poll",
            "max-disconnect-poll",
            "wait",
            "drop-cache-rather-verify",
            "username",
            "password",
            "realm",
            "read-only-fallback",
            "max-size",
            "old-files",
            "<syslog>"),
        config.notices().stream().map(Notice::key).toList());
    assertTrue(
        config.notices().stream().noneMatch(notice -> notice.text().contains("$ecret")),
        "a password is not repeated");
  }

  @Test
  void readsSeveralStoragesFromIncludedFiles() throws Exception {
    Path file = resource("included/zeo.conf");
    ServerConfig config = ServerConfig.load(file, Map.of("ZEO_ADDRESS", "[::]:8100"));

    assertEquals(new Address.Tcp("::", 8100), config.zeo().address());
    assertEquals(50, config.zeo().maxConnections());
    assertEquals(1 << 30, config.zeo().maxMessageSize());
    assertEquals(
        List.of("1", "catalog"), config.storages().stream().map(RaidStorageConfig::name).toList());
    RaidStorageConfig main = config.storages().getFirst();
    assertEquals(
        List.of("zeo-a.example.org:8101", "zeo-b.example.org:8101"),
        main.backends().stream()
            .map(backend -> backend.addresses().getFirst().toString())
            .toList());
    assertEquals(Optional.of(Duration.ofMinutes(5)), main.backends().get(1).transactionTimeout());
    assertEquals(
        Optional.of(
            new MembershipPlace.File(file.resolveSibling("var").resolve("main.membership"))),
        main.membership());
    RaidStorageConfig catalog = config.storages().get(1);
    assertEquals("catalog", catalog.backends().getFirst().storage());
    assertEquals(Duration.ofMinutes(1), catalog.timeout());
    assertEquals(
        Optional.of(
            new MembershipPlace.File(file.resolveSibling("limits").resolve("catalog.membership"))),
        catalog.membership(),
        "relative to the file that names it");
  }

  @Test
  void takesAClientstorageForAZeoclient() throws ConfigException {
    ServerConfig config =
        ServerConfig.parse(
            MINIMAL.replace("zeoclient a", "clientstorage A").replace("zeoclient", "clientstorage"),
            Path.of(""));

    assertEquals("a", config.storages().getFirst().backends().getFirst().name());
  }

  @ParameterizedTest
  @CsvSource({
    "'','',false",
    "'',1,true",
    "'',no,true",
    "msgpack no,1,false",
    "msgpack yes,'',true"
  })
  void takesMsgpackFromTheEnvironmentUnlessTheFileSays(
      String line, String variable, boolean expected) throws ConfigException {
    String text = MINIMAL.replace("address 8100", "address 8100\n" + line);

    assertEquals(
        expected,
        ServerConfig.parse(text, Path.of(""), Map.of("ZEO_MSGPACK", variable)).zeo().msgpack());
  }

  @Test
  void seesNoEnvironmentUnlessGivenOne() throws ConfigException {
    assertFalse(ServerConfig.parse(MINIMAL, Path.of("")).zeo().msgpack());
    assertThrows(
        ConfigException.class,
        () -> ServerConfig.parse(MINIMAL.replace("8100", "$(PATH)"), Path.of("")));
  }

  @Test
  void importsNothingAndSaysSo() throws ConfigException {
    String imports =
        """
        %import gocept.zeoraid
        %import ZEO
        %import relstorage
        """;

    assertEquals(
        List.of(
            "<text>:3: %import: nothing is imported from 'relstorage': ZEORaid knows only its own"
                + " section types, and those of ZEO."),
        ServerConfig.parse(imports + MINIMAL, Path.of("")).notices().stream()
            .map(Notice::toString)
            .toList());
  }

  @Test
  void showsAddressesAsTheyAreWritten() {
    assertEquals("[::1]:8100", new Address.Tcp("::1", 8100).toString());
    assertEquals("zeo:8100", new Address.Tcp("zeo", 8100).toString());
    assertEquals(":8100", new Address.Tcp("", 8100).toString());
    assertEquals("/run/zeo", new Address.Unix(Path.of("/run/zeo")).toString());
    assertThrows(IllegalArgumentException.class, () -> new Address.Tcp("", 65536));
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(Objects.requireNonNull(ServerConfigTest.class.getResource(name), name).toURI());
  }

  @Test
  void readsWhereTheRecordIsInKubernetes() throws ConfigException {
    String text =
        MINIMAL.replace("<raidstorage>", "<raidstorage>\nmembership-kubernetes $(NAMESPACE)/main");

    assertEquals(
        Optional.of(new MembershipPlace.Kubernetes(Optional.of("zope"), "main")),
        ServerConfig.parse(text, Path.of(""), Map.of("NAMESPACE", "zope"))
            .storages()
            .getFirst()
            .membership());
  }
}
