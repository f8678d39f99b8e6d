package io.zeoraid.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.zeoraid.config.BackendConfig;
import io.zeoraid.config.ConfigException;
import io.zeoraid.config.MembershipPlace;
import io.zeoraid.config.RaidStorageConfig;
import io.zeoraid.config.ServerConfig;
import io.zeoraid.config.SslConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The server reads what is written for it. */
final class ZeoConfTest {
  @Test
  void serverUnderstandsItsConfiguration() throws IOException, ConfigException {
    Raid raid = new Raid(GoldenTest.read(GoldenTest.GOLDEN.resolve("in-everything.yaml")));
    ServerConfig config =
        ServerConfig.parse(ZeoConf.servers(raid), Path.of("/"), Map.of("POD_IP", "10.244.0.7"));
    assertEquals(List.of(), config.notices());
    RaidStorageConfig storage = config.storages().getFirst();
    assertEquals(
        Optional.of(new MembershipPlace.Kubernetes(Optional.empty(), "db")), storage.membership());
    assertFalse(storage.autoRecover());
    assertEquals(
        List.of("a", "b", "old"), storage.backends().stream().map(BackendConfig::name).toList());
    assertEquals("db-a:8100", storage.backends().getFirst().addresses().getFirst().toString());
    BackendConfig old = storage.backends().getLast();
    assertEquals("[fd00::7]:8200", old.addresses().getFirst().toString());
    assertEquals("Main", old.storage());
    assertEquals(Optional.of(Duration.ofMinutes(1)), old.transactionTimeout());
    assertEquals(Optional.empty(), config.zeo().ssl());
    assertEquals(Optional.empty(), old.ssl());
  }

  @Test
  void serverUnderstandsWhereItsCertificatesAre() throws IOException, ConfigException {
    Raid raid = new Raid(GoldenTest.read(GoldenTest.GOLDEN.resolve("in-tls.yaml")));
    ServerConfig config =
        ServerConfig.parse(ZeoConf.servers(raid), Path.of("/"), Map.of("POD_IP", "10.244.0.7"));
    assertEquals(List.of(), config.notices());
    assertEquals(ssl("zeo", true, Optional.of("db.plone.svc")), config.zeo().ssl());
    assertEquals(ssl("control", false, Optional.empty()), config.zeo().controlSsl());
    List<BackendConfig> backends = config.storages().getFirst().backends();
    assertEquals(
        ssl("backend-far", true, Optional.of("zeo.example.org")), backends.getFirst().ssl(), "far");
    assertEquals(ssl("backend-near", true, Optional.empty()), backends.getLast().ssl(), "near");
  }

  /** Who is asked by an IP address is compared with a name all the same. */
  private static Optional<SslConfig> ssl(String folder, boolean compared, Optional<String> name) {
    Path files = Path.of("/etc/zeoraid-tls", folder);
    return Optional.of(
        new SslConfig(
            files.resolve("tls.crt"),
            Optional.of(files.resolve("tls.key")),
            Optional.empty(),
            Optional.of(files.resolve("ca.crt").toString()),
            compared,
            name));
  }
}
