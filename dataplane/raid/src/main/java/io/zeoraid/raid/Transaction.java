package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client's transaction as the core knows it. Its content is in the shell, under this id.
 *
 * @param oids the oids that it stores, restores and deletes, each once; what it undoes the vote
 *     tells
 * @param bytes its size; more, if its vote takes longer than a store of that size
 * @param given the tid that the client wants it to have; null if the RAID is to choose, which is
 *     the rule
 */
public record Transaction(long id, List<Oid> oids, long bytes, @Nullable Tid given) {

  /** The transaction without content: a no-op ("Take over" in {@code docs/replication.md}). */
  static final Transaction EMPTY = new Transaction(0, List.of(), 0);

  /** A transaction whose tid the RAID chooses. */
  public Transaction(long id, List<Oid> oids, long bytes) {
    this(id, oids, bytes, null);
  }
}
