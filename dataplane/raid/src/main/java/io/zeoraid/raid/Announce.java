package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.List;

/**
 * R3, Announce: a transaction is announced once all in-sync backends confirmed it or were put out;
 * to the committer as the reply of its finish, to all others as invalidation, in tid order, each
 * once. {@code register}, {@code getInvalidations} and {@code ping} are answered after a proof that
 * this server is not stale.
 */
final class Announce {
  private final Raid raid;

  Announce(Raid raid) {
    this.raid = raid;
  }

  /**
   * A transaction is committed: clients and followers are told. One of this server's clients whose
   * transaction it is gets its acknowledgement in the same step: before it hears of a later one,
   * for tids only grow.
   */
  void announce(Tid tid, List<Oid> oids) {
    raid.clientTransactions.beforeAnnouncement();
    raid.announcements.add(tid, oids);
    raid.cached.changed(tid, oids);
    long committer = raid.clientTransactions.committerOf(tid);
    raid.emit(new Effect.Announce(tid, oids, committer));
    if (committer != 0) {
      raid.clientTransactions.tellCommitted(committer);
    }
    Term term = raid.term();
    if (term != null) {
      term.followers.tellCommitted(tid, oids);
    }
  }

  /** What was committed before this server was in office. */
  void learned(Tail.Found found) {
    if (raid.announcements.last().equals(Tid.NONE)) {
      raid.announcements.beginAfter(found.after());
    }
    for (Tail.Committed committed : found.transactions()) {
      if (committed.tid().isAfter(raid.announcements.last())) {
        announce(committed.tid(), committed.oids());
      }
    }
  }

  void register(long session, long request) {
    raid.proof.request(
        session,
        () -> answer(session, request, new ClientReply.Registered(raid.announcements.last())));
  }

  void invalidations(long session, long request, Tid since) {
    raid.proof.request(
        session,
        () ->
            raid.announcements
                .since(since)
                .ifPresentOrElse(
                    oids ->
                        answer(
                            session,
                            request,
                            new ClientReply.Changed(raid.announcements.last(), oids)),
                    () -> raid.missedChanges.ask(session, request, since)));
  }

  void ping(long session, long request) {
    raid.proof.request(session, () -> answer(session, request, new ClientReply.Done()));
  }

  private void answer(long session, long request, ClientReply reply) {
    raid.emit(new Effect.AnswerClient(session, request, reply));
  }
}
