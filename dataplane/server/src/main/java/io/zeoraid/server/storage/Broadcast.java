package io.zeoraid.server.storage;

import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.raid.Effect;
import io.zeoraid.server.client.StorageSession;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Tells all clients of a transaction, encoding it once per encoding; whom it can't be told is
 * dropped. Confined to the event loop.
 */
final class Broadcast {
  /** The number of no session. */
  private static final long NOBODY = 0;

  private final Map<Encoding, Codec> codecs = new EnumMap<>(Encoding.class);

  private final SessionGuard guard;

  Broadcast(SessionGuard guard) {
    this.guard = guard;
    for (Encoding encoding : Encoding.values()) {
      codecs.put(encoding, Codec.of(encoding, Limits.DEFAULT));
    }
  }

  void announce(Effect.Announce announce, Collection<StorageSession> sessions) {
    ServerMessage message =
        new ServerMessage.InvalidateTransaction(announce.tid(), announce.oids());
    tell(sessions, announce.committer(), message);
  }

  /** Tells all clients something. */
  void tell(Collection<StorageSession> sessions, ServerMessage message) {
    tell(sessions, NOBODY, message);
  }

  private void tell(Collection<StorageSession> sessions, long butNot, ServerMessage message) {
    Map<Encoding, byte[]> frames = new EnumMap<>(Encoding.class);
    // One that is dropped may leave at once.
    for (StorageSession session : List.copyOf(sessions)) {
      if (session.isRegistered() && session.number() != butNot) {
        guard.run(
            session,
            to ->
                to.send(
                    frames.computeIfAbsent(to.encoding(), encoding -> encode(encoding, message))));
      }
    }
  }

  /** Tells one session, of a server that follows, something. */
  void tell(StorageSession session, ServerMessage message) {
    guard.run(session, to -> to.send(encode(to.encoding(), message)));
  }

  private byte[] encode(Encoding encoding, ServerMessage message) {
    Codec codec = codecs.get(encoding);
    if (codec == null) {
      throw new IllegalStateException("no codec for " + encoding);
    }
    return codec.encodeAsync(message);
  }
}
