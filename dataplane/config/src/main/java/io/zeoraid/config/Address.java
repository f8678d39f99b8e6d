package io.zeoraid.config;

import java.nio.file.Path;

/** Where a server listens, or where a client finds it. */
public sealed interface Address {

  /**
   * An address to connect to, as {@link #toString} writes it.
   *
   * @throws IllegalArgumentException if it is none; says what is wrong
   */
  static Address toConnectTo(String text) {
    return switch (AddressType.toConnectTo(text)) {
      case Conversion.Value<Address>(Address address) -> address;
      case Conversion.Unsuitable<Address>(String hint) ->
          throw new IllegalArgumentException("'" + text + "' is no address: " + hint);
    };
  }

  /**
   * A TCP address. No name is looked up here.
   *
   * @param host a name or an IP address in lower case, IPv6 without brackets. Empty, for an address
   *     to listen at: all interfaces. Never empty for an address to connect to.
   * @param port 0 to 65535 to listen at (0: the system picks one), 1 to 65535 to connect to
   */
  record Tcp(String host, int port) implements Address {

    /**
     * @throws IllegalArgumentException if the port is out of range
     */
    public Tcp {
      if (port < 0 || port > 65535) {
        throw new IllegalArgumentException("a port is between 0 and 65535, not " + port);
      }
    }

    /** {@code host:port} as it may stand in a configuration file; IPv6 in brackets. */
    @Override
    public String toString() {
      return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
  }

  /**
   * A Unix domain socket.
   *
   * @param path as written; relative to the working directory, as in ZEO
   */
  record Unix(Path path) implements Address {

    @Override
    public String toString() {
      return path.toString();
    }
  }
}
