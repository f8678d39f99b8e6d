package io.zeoraid.server.client;

import io.zeoraid.server.net.Loop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * The connections there are, by what they have said so far: nothing that counts, that they are
 * clients, or that they are ZEORaid servers that follow this one. Each kind has a number of its
 * own, so that clients, and those who never say what they want, don't lock out the servers.
 * Confined to the event loop.
 */
final class Guests {
  /** Connections that have not registered; for one more, the one goes that has waited longest. */
  static final int MAX_NEW = 1000;

  static final int MAX_SERVERS = 100;

  private final int maxClients;
  private final Set<ClientConnection> fresh = new LinkedHashSet<>();
  private final Set<ClientConnection> clients = new LinkedHashSet<>();
  private final Set<ClientConnection> servers = new HashSet<>();
  final ClientMemory memory;
  final ClientLog log;

  Guests(Loop loop, ClientLimits limits) {
    maxClients = limits.maxConnections();
    memory = new ClientMemory(limits.budget().totalBytes());
    log = new ClientLog(Logger.getLogger(ClientConnection.class), loop);
  }

  /** A connection came in. */
  void came(ClientConnection guest) {
    if (fresh.size() >= MAX_NEW) {
      fresh.iterator().next().evict("it has not registered, and " + MAX_NEW + " others wait to");
    }
    fresh.add(guest);
  }

  /** It wants to register; false if there are too many clients. */
  boolean admitClient(ClientConnection guest) {
    if (clients.size() >= maxClients) {
      return false;
    }
    fresh.remove(guest);
    clients.add(guest);
    return true;
  }

  /** It is a ZEORaid server, and follows; false if there are too many of them. */
  boolean admitServer(ClientConnection guest) {
    if (servers.size() >= MAX_SERVERS) {
      return false;
    }
    fresh.remove(guest);
    servers.add(guest);
    return true;
  }

  void left(ClientConnection guest) {
    fresh.remove(guest);
    clients.remove(guest);
    servers.remove(guest);
  }

  /** All that are there. */
  List<ClientConnection> all() {
    List<ClientConnection> all = new ArrayList<>(fresh);
    all.addAll(clients);
    all.addAll(servers);
    return all;
  }

  String tooManyClients() {
    return "this server has " + maxClients + " clients already (max-connections)";
  }
}
