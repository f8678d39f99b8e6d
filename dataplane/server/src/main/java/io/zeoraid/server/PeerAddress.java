package io.zeoraid.server;

import io.zeoraid.config.Address;
import io.zeoraid.config.MembershipPlace;
import io.zeoraid.config.ZeoSection;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;

/** Where the other ZEORaid servers reach this one ({@code peer-address}). */
final class PeerAddress {
  private static final Set<String> ALL_INTERFACES = Set.of("", "0.0.0.0", "::");

  private PeerAddress() {}

  /**
   * The address to write into the record.
   *
   * @param listening where clients are served indeed, with the port that the system picked if the
   *     configuration left it that
   * @throws IOException if this machine has no address that others could reach; the message is for
   *     people
   */
  static Address of(ZeoSection zeo, Address listening, MembershipPlace place) throws IOException {
    Optional<Address> given = zeo.peerAddress();
    if (given.isPresent()) {
      return absolute(given.get());
    }
    return switch (listening) {
      case Address.Tcp(String host, int port) when ALL_INTERFACES.contains(host) ->
          new Address.Tcp(
              switch (place) {
                case MembershipPlace.File _ -> "127.0.0.1";
                case MembershipPlace.Kubernetes _ -> ownIp();
              },
              port);
      case Address.Tcp _, Address.Unix _ -> absolute(listening);
    };
  }

  /** Another server may run in another directory. */
  private static Address absolute(Address address) {
    return switch (address) {
      case Address.Tcp tcp -> tcp;
      case Address.Unix(var path) -> new Address.Unix(path.toAbsolutePath());
    };
  }

  private static String ownIp() throws IOException {
    return NetworkInterface.networkInterfaces()
        .sorted(Comparator.comparingInt(NetworkInterface::getIndex))
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
        // A stable sort: IPv4 first, and the first interface.
        .sorted(Comparator.comparing(address -> !(address instanceof Inet4Address)))
        .map(PeerAddress::withoutZone)
        .findFirst()
        .orElseThrow(() ->
            new IOException(
                "this machine has no IP address but its loopback; set peer-address in <zeo>"));
  }

  private static String withoutZone(InetAddress address) {
    return address.getHostAddress().replaceFirst("%.*", "");
  }
}
