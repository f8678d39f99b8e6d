package io.zeoraid.raid;

import io.zeoraid.protocol.Followed;
import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client is told. */
public sealed interface ClientReply {

  /**
   * The client is registered: from here on it gets the announcements of all that follows this tid.
   */
  record Registered(Tid lastTid) implements ClientReply {}

  /** The oids that changed up to this tid. */
  record Changed(Tid upTo, List<Oid> oids) implements ClientReply {}

  /** The queue does not reach back that far. */
  record ChangesUnknown() implements ClientReply {}

  /** The revision, or null if the object did not exist yet. */
  record Revision(@Nullable Loaded loaded) implements ClientReply {}

  record Data(byte[] data) implements ClientReply {}

  /**
   * What the method promises.
   *
   * @param value can be encoded
   */
  record Value(@Nullable Object value) implements ClientReply {}

  record Oids(List<Oid> oids) implements ClientReply {}

  /**
   * The vote succeeded.
   *
   * @param tid the tid that it is to have; for servers that follow
   * @param resolved these oids were resolved by the backends, or changed by undoing
   */
  record Voted(Tid tid, List<Oid> resolved) implements ClientReply {}

  /** This server is followed from here on. */
  record Following(Followed from) implements ClientReply {}

  /** Committed with this tid. */
  record Finished(Tid tid) implements ClientReply {}

  /** Done; there is nothing to say. */
  record Done() implements ClientReply {}

  record Failed(RemoteError error) implements ClientReply {}
}
