package io.zeoraid.server.backend;

import io.zeoraid.config.Address;
import io.zeoraid.server.net.tls.Tls;
import java.util.List;
import java.util.Optional;

/**
 * Where a backend is, and how it is treated.
 *
 * @param name its name in the RAID
 * @param addresses tried in this order
 * @param storage the name of the storage there
 * @param label how its log calls us
 * @param maxFrameBytes a longer message from it breaks the connection
 * @param timeoutMillis unanswered that long, it is hung
 * @param pingMillis idle that long, it is pinged
 * @param kind what is there
 * @param tls how the connection is secured; empty: in the clear
 */
public record BackendTarget(
    String name,
    List<Address> addresses,
    String storage,
    String label,
    int maxFrameBytes,
    long timeoutMillis,
    long pingMillis,
    Kind kind,
    Optional<Tls> tls) {

  /**
   * Whether the same data is there. Whatever else differs is only how it is treated, and takes
   * effect at the next connection.
   */
  public boolean isSameVolume(BackendTarget other) {
    return addresses.equals(other.addresses) && storage.equals(other.storage);
  }

  /** What is there. */
  public enum Kind {
    /** A ZEO server: it is registered with, before anything else. */
    BACKEND,
    /**
     * Another ZEORaid server: it is followed, by a call of its own, and pinged by {@code
     * lastTransaction}, which it answers at once; its {@code ping} proves something.
     */
    PEER
  }
}
