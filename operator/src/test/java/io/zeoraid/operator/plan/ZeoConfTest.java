package io.zeoraid.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.zeoraid.config.BackendConfig;
import io.zeoraid.config.ConfigException;
import io.zeoraid.config.MembershipPlace;
import io.zeoraid.config.RaidStorageConfig;
import io.zeoraid.config.ServerConfig;
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
  }
}
