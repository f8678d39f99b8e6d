package io.zeoraid.config;

import io.zeoraid.config.Section.Given;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who uses which address: a mirror whose two halves are one server is none, and a server that is
 * its own backend waits for itself.
 */
final class AddressClaims {

  private static final String LOOPBACK = "127.0.0.1";
  private static final Set<String> THIS_MACHINE = Set.of(LOOPBACK, "localhost", "::1");
  private static final Set<String> ALL_INTERFACES = Set.of("", "0.0.0.0", "::");

  private record Copy(Address address, String storage) {}

  private record Claim(String label, Location at) {}

  private final Optional<Address> listening;
  private final Map<Copy, Claim> copies = new HashMap<>();

  /**
   * @param listening where the server itself serves clients, if that is known
   */
  AddressClaims(Optional<Address> listening) {
    this.listening = listening;
  }

  /** Notes that a backend keeps a copy there; reports it if it can't. */
  void backend(Section raid, Section backend, Given<Address> server, String storage) {
    String shown = Quoting.quoted(server.value().toString());
    if (listening.isPresent() && reaches(server.value(), listening.get())) {
      backend.error(
          server.at(),
          "server %s is the address of this very server (see <zeo>); a backend must be another one"
              .formatted(shown));
      return;
    }
    Claim claim = new Claim(backend.label() + " of " + raid.label(), server.at());
    Claim other = copies.putIfAbsent(new Copy(canonical(server.value()), storage), claim);
    if (other != null) {
      backend.error(
          server.at(),
          "server %s with storage %s is used by %s in %s already; one copy can't count twice"
              .formatted(
                  shown, Quoting.quoted(storage), other.label(), other.at().seenFrom(server.at())));
    }
  }

  /** Whether a connection to the one address surely ends at a server that listens at the other. */
  private static boolean reaches(Address target, Address listening) {
    if (target instanceof Address.Tcp(String host, int port)
        && listening instanceof Address.Tcp(String ownHost, int ownPort)) {
      boolean sameHost =
          host.equals(ownHost)
              || (THIS_MACHINE.contains(host)
                  && (ALL_INTERFACES.contains(ownHost) || THIS_MACHINE.contains(ownHost)));
      return port == ownPort && sameHost;
    }
    return target.equals(listening);
  }

  private static Address canonical(Address address) {
    return address instanceof Address.Tcp(String host, int port) && THIS_MACHINE.contains(host)
        ? new Address.Tcp(LOOPBACK, port)
        : address;
  }
}
