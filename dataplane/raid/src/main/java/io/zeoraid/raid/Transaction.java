package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import java.util.List;

/**
 * A client's transaction as the core knows it. Its content is in the shell, under this id.
 *
 * @param oids the oids that it stores, each once
 * @param bytes its size
 */
public record Transaction(long id, List<Oid> oids, long bytes) {

  /** The transaction without content: a no-op ("Take over" in {@code docs/replication.md}). */
  static final Transaction EMPTY = new Transaction(0, List.of(), 0);
}
