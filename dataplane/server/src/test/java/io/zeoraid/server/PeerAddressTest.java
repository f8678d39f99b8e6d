package io.zeoraid.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.config.Address;
import io.zeoraid.config.ConfigException;
import io.zeoraid.config.MembershipPlace;
import io.zeoraid.config.ServerConfig;
import io.zeoraid.config.ZeoSection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PeerAddressTest {
  private static final MembershipPlace FILE = new MembershipPlace.File(Path.of("/m"));
  private static final MembershipPlace KUBERNETES =
      new MembershipPlace.Kubernetes(Optional.empty(), "main");

  private static ZeoSection zeo(String lines) throws ConfigException {
    return ServerConfig.parse(
            "<zeo>\n%s\n</zeo>\n<raidstorage>\n<zeoclient a>\nserver 8101\n</zeoclient>\n</raidstorage>"
                .formatted(lines),
            Path.of(""))
        .zeo();
  }

  private static Address of(String lines, MembershipPlace place) throws Exception {
    ZeoSection zeo = zeo(lines);
    return PeerAddress.of(zeo, zeo.address(), place);
  }

  @ParameterizedTest
  @CsvSource({
    "8100,127.0.0.1:8100",
    "0.0.0.0:8100,127.0.0.1:8100",
    "[::]:8100,127.0.0.1:8100",
    "zeoraid-1:8100,zeoraid-1:8100",
    "[::1]:8100,[::1]:8100",
    "/run/zeo.sock,/run/zeo.sock",
  })
  void isTheAddressOfTheClientsIfThatLeadsHere(String address, String expected) throws Exception {
    assertEquals(expected, of("address " + address, FILE).toString());
  }

  @Test
  void isWhatIsGiven() throws Exception {
    assertEquals(
        "10.0.0.7:8100", of("address 8100\npeer-address 10.0.0.7:8100", KUBERNETES).toString());
  }

  @Test
  void isAnAddressOfThisMachineForOtherMachines() throws Exception {
    Address.Tcp address;
    try {
      address = (Address.Tcp) of("address 8100", KUBERNETES);
    } catch (IOException e) {
      // A machine without a network.
      assertEquals(
          "this machine has no IP address but its loopback; set peer-address in <zeo>",
          e.getMessage());
      return;
    }
    assertEquals(8100, address.port());
    InetAddress own = InetAddress.ofLiteral(address.host());
    assertFalse(own.isLoopbackAddress());
    assertTrue(NetworkInterface.getByInetAddress(own) != null, address.toString());
    assertEquals("zeoraid-1:8100", of("address zeoraid-1:8100", KUBERNETES).toString());
  }

  @Test
  void hasThePortThatTheSystemPicked() throws Exception {
    assertEquals(
        "127.0.0.1:40123",
        PeerAddress.of(zeo("address 0"), new Address.Tcp("", 40123), FILE).toString());
  }

  @Test
  void aSocketIsFoundFromOtherFolders() throws Exception {
    assertEquals(
        Path.of("run/zeo.sock").toAbsolutePath().toString(),
        of("address run/zeo.sock", FILE).toString());
  }
}
