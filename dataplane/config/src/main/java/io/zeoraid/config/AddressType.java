package io.zeoraid.config;

import java.net.Inet6Address;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Socket addresses ({@code SocketBindingAddress} and {@code SocketConnectionAddress} of {@code
 * ZConfig/datatypes.py}).
 *
 * <p>Unlike ZConfig, a port is required: without one ZEO listens at a random port, and connects
 * nowhere.
 */
final class AddressType {

  /** The size of {@code sun_path} on Linux, less the closing NUL. */
  static final int MAX_SOCKET_PATH_BYTES = 107;

  private static final Pattern HOST = Pattern.compile("[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_.])?");
  private static final Pattern IPV6 =
      Pattern.compile("(?=.*:.*:)[0-9a-f:.]{2,45}(?:%[a-z0-9_.-]{1,15})?");
  private static final Pattern PORT = Pattern.compile("[0-9]{1,9}");
  private static final String FORMS =
      "PORT, HOST:PORT, [IPV6]:PORT, or the path of a Unix socket with at least one '/'";

  private final String hostIfMissing;
  private final int lowestPort;

  private AddressType(String hostIfMissing, int lowestPort) {
    this.hostIfMissing = hostIfMissing;
    this.lowestPort = lowestPort;
  }

  /**
   * {@code socket-binding-address}; no host means all interfaces, port 0 that the system picks one.
   */
  static DataType<Address> listening() {
    AddressType type = new AddressType("", 0);
    return new DataType<>("an address to listen at: " + FORMS, (text, _) -> type.convert(text));
  }

  /** {@code socket-connection-address}; no host means 127.0.0.1. */
  static DataType<Address> connecting() {
    AddressType type = new AddressType("127.0.0.1", 1);
    return new DataType<>("an address to connect to: " + FORMS, (text, _) -> type.convert(text));
  }

  /** As {@link #connecting}, for text that does not stand in a file. */
  static Conversion<Address> toConnectTo(String text) {
    return new AddressType("127.0.0.1", 1).convert(text);
  }

  private Conversion<Address> convert(String text) {
    if (text.contains("://")) {
      return Conversion.unsuitable("a URL is not an address");
    }
    return text.contains("/") ? unix(text) : tcp(text.toLowerCase(Locale.ROOT));
  }

  private static Conversion<Address> unix(String text) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_SOCKET_PATH_BYTES) {
      return Conversion.unsuitable(
          "the path of a socket has at most %d bytes, this one %d"
              .formatted(MAX_SOCKET_PATH_BYTES, bytes));
    }
    return switch (DataTypes.toPath(text)) {
      case Conversion.Value<Path>(Path path) -> Conversion.of(new Address.Unix(path));
      case Conversion.Unsuitable<Path>(String hint) -> Conversion.unsuitable(hint);
    };
  }

  private Conversion<Address> tcp(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    String port = text.substring(colon + 1);
    if (IPV6.matcher(text).matches() || IPV6.matcher(host).matches()) {
      return Conversion.unsuitable("an IPv6 address needs brackets, as in [::1]:8100");
    }
    if (colon < 0 && !PORT.matcher(text).matches() && HOST.matcher(text).matches()) {
      return Conversion.unsuitable("the port is missing");
    }
    if (host.equals("*")) {
      return Conversion.unsuitable("for all interfaces leave the host out, as in :8100");
    }
    Optional<String> plainHost = plainHost(host);
    if (plainHost.isEmpty()) {
      return Conversion.unsuitable(Quoting.quoted(host) + " is not a host");
    }
    if (!PORT.matcher(port).matches()
        || Integer.parseInt(port) < lowestPort
        || Integer.parseInt(port) > 65535) {
      return Conversion.unsuitable("a port is a number between " + lowestPort + " and 65535");
    }
    return Conversion.of(new Address.Tcp(plainHost.get(), Integer.parseInt(port)));
  }

  /** The host to use, without brackets; empty if it can't be one. */
  private Optional<String> plainHost(String host) {
    if (host.isEmpty()) {
      return Optional.of(hostIfMissing);
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      String inner = host.substring(1, host.length() - 1);
      return isIpv6(inner) ? Optional.of(inner) : Optional.empty();
    }
    return HOST.matcher(host).matches() ? Optional.of(host) : Optional.empty();
  }

  /** Whether this is an IPv6 address; a zone behind it is taken as it is. */
  private static boolean isIpv6(String text) {
    if (!IPV6.matcher(text).matches()) {
      return false;
    }
    int zone = text.indexOf('%');
    try {
      Inet6Address.ofLiteral(zone < 0 ? text : text.substring(0, zone));
      return true;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }
}
