package io.zeoraid.server.storage;

import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.raid.Effect;
import io.zeoraid.server.client.StorageSession;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Who uses a storage, by number, and what they are told. The failure of one is not the failure of
 * the others. Confined to the event loop.
 */
final class Sessions {
  private final Map<Long, StorageSession> sessions = new LinkedHashMap<>();
  private final SessionGuard guard;
  private final Broadcast broadcast;

  /**
   * There are none yet.
   *
   * @param storage its name, for the log
   */
  Sessions(String storage) {
    guard = new SessionGuard(storage);
    broadcast = new Broadcast(guard);
  }

  void joined(StorageSession session) {
    sessions.put(session.number(), session);
  }

  void left(StorageSession session) {
    sessions.remove(session.number());
  }

  int size() {
    return sessions.size();
  }

  /** Does this for a session, unless it is gone. */
  void with(long number, Consumer<StorageSession> effect) {
    StorageSession session = sessions.get(number);
    if (session != null) {
      guard.run(session, effect);
    }
  }

  /** Tells one of them, unless it is gone. */
  void tell(long number, ServerMessage message) {
    with(number, session -> tell(session, message));
  }

  void tell(StorageSession session, ServerMessage message) {
    broadcast.tell(session, message);
  }

  void tellAll(ServerMessage message) {
    broadcast.tell(sessions.values(), message);
  }

  void announce(Effect.Announce announce) {
    broadcast.announce(announce, sessions.values());
  }

  void dropAll(String why) {
    for (StorageSession session : List.copyOf(sessions.values())) {
      guard.run(session, dropped -> dropped.drop(why));
    }
  }
}
