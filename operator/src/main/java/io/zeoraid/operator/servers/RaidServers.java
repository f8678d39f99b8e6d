package io.zeoraid.operator.servers;

import io.zeoraid.control.v1.RaidStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The servers of RAIDs. Each call waits for its answer, not longer than its deadline. */
public interface RaidServers extends AutoCloseable {
  /** Asks all of them at once; who does not answer is left out. */
  Map<Address, RaidStatus> status(List<Address> servers);

  /** Asks for the recovery of a backend. */
  Outcome recover(Address server, String backend);

  /** Asks a server to read its configuration again. */
  Outcome reload(Address server);

  /**
   * Asks for a pack. Waits for the server's first word only; the returned call tells the rest.
   *
   * @param until what was superseded before this time may go
   */
  PackCall pack(Address server, Instant until);

  /** Why no server can be asked by TLS, and what would help; empty: each can. */
  Optional<String> tlsTrouble();

  @Override
  void close();
}
