package io.zeoraid.protocol;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a server answers to {@code vote}, when it does not refuse it ({@code ZEOStorage._vote}). */
public sealed interface VoteAnswer {

  /**
   * The vote passed and the server holds the commit lock.
   *
   * @param oids objects whose conflicts the server resolved, or that an undo wrote: the client's
   *     copies of them are stale
   */
  record Resolved(List<Oid> oids) implements VoteAnswer {}

  /**
   * The server leaves the conflicts to the client ({@code client-conflict-resolution}), keeps the
   * transaction, and does not hold the commit lock. The client stores resolved data and votes
   * again.
   *
   * @param conflicts one mapping per object: {@code oid}, {@code serials} (committed, read) and
   *     {@code data}
   */
  record ClientConflicts(List<Map<String, @Nullable Object>> conflicts) implements VoteAnswer {}
}
