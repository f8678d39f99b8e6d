package io.zeoraid.raid;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One property that must always hold. It is told what happens in the world, and throws a {@link
 * Violation}. Only what may be seen from outside counts: the servers' logs, the record, and what
 * clients are told.
 */
interface Checker {

  /** The record in the store is another one. */
  default void recordChanged(MembershipRecord record) {}

  /** A server committed a transaction, or its volume was exchanged. */
  default void logChanged(ModelServer server) {}

  /** A RAID server sent a client the reply that its transaction is committed. */
  default void acknowledged(Tid tid, Content content) {}

  /** A RAID server sent a client the reply that its transaction is not committed. */
  default void refused(Content content) {}

  /** A RAID server announced a transaction. */
  default void announced(Tid tid, List<Oid> oids) {}

  /** A client was told of a transaction, by whatever message. */
  default void heard(ModelClient client, Tid before, Tid tid, String how) {}

  /** A client got the answer to a load. */
  default void loaded(ModelClient client, Oid oid, Tid before, @Nullable Loaded loaded) {}

  /** What a client holds in its cache, or how far it has been told, is different now. */
  default void cacheChanged(ModelClient client) {}

  /** A RAID server gave a client oids. */
  default void oidsGiven(List<Oid> oids) {}

  /** All faults are over for a good while, and the clients have stopped. */
  default void end() {}
}
