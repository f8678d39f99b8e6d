package io.zeoraid.simulation;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * One property that must always hold. It is told what happens in the world, and throws a {@link
 * Violation}. Only what may be seen from outside counts: the servers' logs, the record, and what
 * clients are told.
 */
interface Checker {

  /** The record in the store is another one. */
  default void recordChanged(MembershipRecord record) {}

  /** A server committed a transaction. */
  default void committed(ModelServer server, Committed committed) {}

  /** A server's volume was exchanged or packed, or counts as sound again. */
  default void volumeChanged(ModelServer server) {}

  /** A server's transaction-timeout ended a transaction that held its lock. */
  default void transactionTimedOut(ModelServer server) {}

  /** A RAID server sent a client the reply that its transaction is committed. */
  default void acknowledged(Tid tid, Content content) {}

  /** A RAID server sent a client the reply that its transaction is not committed. */
  default void refused(Content content) {}

  /** A RAID server announced a transaction. */
  default void announced(Tid tid, List<Oid> oids) {}

  /** A client asks to be registered. */
  default void registers(ModelClient client) {}

  /** A client was told of a transaction, by whatever message. */
  default void heard(ModelClient client, Tid before, Tid tid, String how) {}

  /** A client got the answer to a load. */
  default void loaded(ModelClient client, Oid oid, Tid before, @Nullable Loaded loaded) {}

  /** A client holds something new as current. */
  default void cached(ModelClient client, Oid oid) {}

  /** A client has dropped from its cache what it was told to drop. */
  default void cacheChecked(ModelClient client, Tid since) {}

  /**
   * A client was shown that these transactions are committed, in a list or an object's revision.
   */
  default void listed(ModelClient client, List<Tid> tids) {}

  /**
   * A client has iterated over all transactions from one on, each with the objects that it changed.
   *
   * @param known the last transaction that it had been told of when it began
   */
  default void iterated(
      ModelClient client, Tid start, Tid known, SortedMap<Tid, List<Oid>> transactions) {}

  /** A RAID server gave a client oids. */
  default void oidsGiven(List<Oid> oids) {}

  /** All faults are over for a good while, and the clients have stopped. */
  default void end() {}
}
