package io.zeoraid.protocol;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a ZEO server says to a client after the handshake. */
public sealed interface ServerMessage {

  /** The answer to the call with this id: plain data, which {@link Results} reads. */
  record Reply(long id, @Nullable Object value) implements ServerMessage {}

  /** The call with this id failed. */
  record Failure(long id, RemoteError error) implements ServerMessage {}

  /** A transaction of somebody else was committed. */
  record InvalidateTransaction(Tid tid, List<Oid> oids) implements ServerMessage {}

  /** Size and length of the storage changed. */
  record Info(Map<Object, Object> info) implements ServerMessage {}

  record ReceiveBlobStart(Oid oid, Tid serial) implements ServerMessage {}

  record ReceiveBlobChunk(Oid oid, Tid serial, byte[] chunk) implements ServerMessage {}

  record ReceiveBlobStop(Oid oid, Tid serial) implements ServerMessage {}

  /**
   * What a primary says to a server that follows: these backends are in sync. Sent before any
   * transaction that is committed under it ("State" in {@code docs/replication.md}).
   *
   * @param trouble why nothing can be committed now, for people; empty if it can
   */
  record RaidView(long epoch, List<String> inSync, String trouble) implements ServerMessage {}
}
