package io.zeoraid.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A {@code <zeoclient NAME>} of a {@code <raidstorage>}: one ZEO server that holds a copy.
 *
 * @param name unique within the RAID, in lower case (ZConfig lowers section names)
 * @param addresses where the server is found, in the order of the file; at least one. Several are
 *     tried in turn: they must lead to the same data
 * @param storage the name of the storage at that server, case kept; default {@code 1}
 * @param transactionTimeout the {@code transaction-timeout} which that server itself is configured
 *     with; default: it has none
 * @param clientLabel how this server introduces itself in the backend's log; default none
 * @param ssl TLS to the backend; default none
 */
public record BackendConfig(
    String name,
    List<Address> addresses,
    String storage,
    Optional<Duration> transactionTimeout,
    Optional<String> clientLabel,
    Optional<SslConfig> ssl) {

  /** Takes a copy of the list. */
  public BackendConfig {
    addresses = List.copyOf(addresses);
  }
}
