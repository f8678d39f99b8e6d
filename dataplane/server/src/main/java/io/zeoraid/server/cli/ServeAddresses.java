package io.zeoraid.server.cli;

import io.zeoraid.config.Address;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the control service and HTTP listen. Several servers on one host differ by their ZEO ports,
 * hence the offsets. They are large because the ports right after the ZEO port belong to backends
 * in many deployments of gocept.zeoraid (RAID at 8100, its backends at 8101 and 8102).
 */
final class ServeAddresses {
  /** The port of the control service, counted from the ZEO port. */
  static final int CONTROL_OFFSET = 10_000;

  /** The port of health and metrics, counted from the ZEO port. */
  static final int HTTP_OFFSET = 20_000;

  private static final String LOOPBACK = "127.0.0.1";
  static final int LAST_PORT = 65_535;

  private ServeAddresses() {}

  /**
   * The option, else the key of the file, else the loopback interface and the ZEO port plus the
   * offset.
   *
   * @param what {@code control} or {@code http}, as in {@code --control} and {@code
   *     control-address}
   * @throws StartException if it can't be told; says what to write down
   */
  static Address.Tcp choose(
      String what, Address.@Nullable Tcp option, Optional<Address> key, Address zeo, int offset)
      throws StartException {
    if (option != null) {
      return option;
    }
    if (key.isPresent()) {
      return switch (key.get()) {
        case Address.Tcp tcp -> tcp;
        case Address.Unix unix ->
            throw new StartException(
                "%s-address is the Unix socket %s, but must be host:port.".formatted(what, unix));
      };
    }
    return switch (zeo) {
      // Port 0 means that the system picks one; then it may pick this one, too.
      case Address.Tcp(String _, int port) when port == 0 -> new Address.Tcp(LOOPBACK, 0);
      case Address.Tcp(String _, int port) when port + offset <= LAST_PORT ->
          new Address.Tcp(LOOPBACK, port + offset);
      case Address.Tcp tcp ->
          throw new StartException(
              "the ZEO port %d plus %d, where %s would listen, is beyond the last port, %d; give %s-address host:port."
                  .formatted(tcp.port(), offset, what, LAST_PORT, what));
      case Address.Unix unix ->
          throw new StartException(
              "the ZEO address %s has no port from which to count that of %s; give %s-address host:port."
                  .formatted(unix, what, what));
    };
  }

  /** Whether only this machine reaches who listens there. */
  static boolean isLoopback(Address.Tcp address) {
    // No host means all interfaces; a name that can't be resolved is not known to be harmless.
    return !address.host().isEmpty()
        && new InetSocketAddress(address.host(), address.port()).getAddress()
            instanceof InetAddress found
        && found.isLoopbackAddress();
  }

  /**
   * Checks that one can listen there now.
   *
   * @throws StartException if not; says why
   */
  static void requireFree(String what, Address.Tcp address) throws StartException {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(
          address.host().isEmpty()
              ? new InetSocketAddress(address.port())
              : new InetSocketAddress(address.host(), address.port()));
    } catch (IOException e) {
      throw new StartException(
          "can't listen at %s for %s: %s. Stop what listens there, or give another %s-address."
              .formatted(address, what, e.getMessage(), what),
          e);
    }
  }
}
