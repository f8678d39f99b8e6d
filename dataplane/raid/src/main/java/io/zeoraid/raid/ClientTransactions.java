package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of this server's clients, from the vote to the end, whoever is primary meanwhile
 * (R1, last paragraph; "Following"). When the primary is lost, what was not finished goes to the
 * next one from the buffer, unseen by the client; of what was being finished, the history that the
 * next primary knows tells: the tid is in it, or it never will be, and the transaction is voted and
 * finished again. A client whose transaction is answered otherwise than the first time is
 * disconnected: never a false yes or no.
 *
 * <p>A commit is acknowledged when it is announced ({@link Announce}): in its place in the order.
 *
 * <p>A tid of the client's choice may have been chosen by others as well, so that it tells nothing:
 * such a commit is acknowledged by the primary to which it was handed, and by nobody else.
 */
final class ClientTransactions {
  private final Raid raid;
  private final Map<Long, Tx> bySession = new LinkedHashMap<>();

  ClientTransactions(Raid raid) {
    this.raid = raid;
  }

  /** A transaction of a client. */
  private static final class Tx {
    final long session;
    final Transaction transaction;

    /** What the client waits for: the vote, then the finish. */
    long request;

    /** The present attempt; another one begins with another primary. */
    Scope attempt = new Scope();

    @Nullable Passage passage;

    /** The tid that it has in this attempt; NONE before it is voted. */
    Tid tid = Tid.NONE;

    /** What the client was told of its vote; null before. */
    @Nullable List<Oid> told;

    boolean finishWanted;

    /** The finish was sent: as long as nobody knows better, it may be committed under its tid. */
    boolean inDoubt;

    /** Its tid, which its client chose, was announced; the primary has yet to say whose it is. */
    boolean announced;

    long timer;

    Tx(long session, long request, Transaction transaction) {
      this.session = session;
      this.request = request;
      this.transaction = transaction;
    }
  }

  // What clients ask.

  void vote(long session, long request, Transaction transaction) {
    Tx tx = new Tx(session, request, transaction);
    if (bySession.put(session, tx) != null) {
      throw new IllegalStateException("session " + session + " votes twice");
    }
    waitNotForEver(tx);
    begin(tx);
  }

  void finish(long session, long request, long transaction) {
    Tx tx = bySession.get(session);
    if (tx == null || tx.told == null || tx.transaction.id() != transaction) {
      fail(session, request, Errors.storageTransaction("tpc_finish without a vote"));
      return;
    }
    tx.request = request;
    tx.finishWanted = true;
    raid.cancel(tx.timer);
    waitNotForEver(tx);
    if (!tx.tid.equals(Tid.NONE)) {
      sendFinish(tx);
    }
  }

  void abort(long session, long request, long transaction) {
    Tx tx = bySession.get(session);
    if (tx != null && tx.transaction.id() == transaction) {
      if (tx.told == null) {
        fail(session, tx.request, Errors.storageTransaction("aborted while it voted"));
      }
      giveUp(tx);
    }
    raid.emit(new Effect.AnswerClient(session, request, new ClientReply.Done()));
  }

  void clientLeft(long session) {
    Tx tx = bySession.get(session);
    if (tx != null) {
      giveUp(tx);
    }
  }

  private void giveUp(Tx tx) {
    Passage passage = tx.passage;
    remove(tx);
    if (passage != null) {
      passage.abort();
    }
    raid.emit(new Effect.Counted(Effect.Counted.Outcome.ABORT));
  }

  private void remove(Tx tx) {
    bySession.remove(tx.session, tx);
    tx.attempt.end();
    tx.passage = null;
    raid.cancel(tx.timer);
  }

  // The primary.

  /** The primary is lost, or this server's term has ended. */
  void primaryLost() {
    for (Tx tx : List.copyOf(bySession.values())) {
      tx.attempt.end();
      tx.passage = null;
      if (!tx.inDoubt) {
        tx.tid = Tid.NONE;
      }
      if (tx.told != null && !tx.finishWanted) {
        raid.cancel(tx.timer); // no lock is held for it
      }
      if (tx.inDoubt && hasChosenTid(tx)) {
        drop(
            tx,
            "the primary was lost while it committed the transaction, and the tid "
                + tx.tid
                + ", which the client chose, does not tell whether that is committed");
      }
    }
    if (!raid.keeps(Safeguard.HISTORY_BEFORE_REPLAY)) {
      raid.after(1, this::primaryFound);
    }
  }

  /**
   * A primary is there, and everything that was committed before has been announced here. What was
   * in doubt and was not among it is not committed.
   */
  void primaryFound() {
    for (Tx tx : List.copyOf(bySession.values())) {
      if (tx.passage == null) {
        begin(tx);
      }
    }
  }

  /** All clients are disconnected: nobody knows what became of what was in doubt. */
  void forgetAll() {
    List.copyOf(bySession.values()).forEach(this::giveUp);
  }

  private static boolean hasChosenTid(Tx tx) {
    return tx.transaction.given() != null;
  }

  private void begin(Tx tx) {
    if (!(raid.role() instanceof Role.WithPrimary primary)) {
      if (!raid.keeps(Safeguard.HISTORY_BEFORE_REPLAY)) {
        tx.inDoubt = false;
      }
      return; // primaryFound comes
    }
    tx.inDoubt = false;
    tx.tid = Tid.NONE;
    tx.attempt = new Scope();
    boolean again = tx.told != null;
    tx.passage = primary.vote(tx.transaction, again, tx.attempt.guard(vote -> voted(tx, vote)));
  }

  private void voted(Tx tx, Passage.Vote vote) {
    switch (vote) {
      case Passage.Vote.Accepted accepted -> {
        List<Oid> before = tx.told;
        tx.tid = accepted.tid();
        if (before == null) {
          tx.told = accepted.resolved();
          raid.cancel(tx.timer);
          tx.timer = raid.after(accepted.lockMillis(), () -> tooSlow(tx));
          raid.emit(
              new Effect.AnswerClient(
                  tx.session,
                  tx.request,
                  new ClientReply.Voted(accepted.tid(), accepted.resolved())));
        } else if (!Set.copyOf(before).equals(Set.copyOf(accepted.resolved()))) {
          drop(tx, "it was answered otherwise when it was voted on again by the next primary");
        } else if (tx.finishWanted) {
          sendFinish(tx);
        } else {
          tx.timer = raid.after(accepted.lockMillis(), () -> tooSlow(tx));
        }
      }
      case Passage.Vote.Refused refused -> {
        if (tx.told == null) {
          refuse(tx, refused.error());
        } else {
          drop(
              tx,
              "it was refused when it was voted on again by the next primary: "
                  + Errors.describe(refused.error()));
        }
      }
    }
  }

  private void sendFinish(Tx tx) {
    Passage passage = tx.passage;
    if (passage == null) {
      return;
    }
    tx.inDoubt = true;
    passage.finish(tx.attempt.guard(how -> finished(tx, how)));
  }

  private void finished(Tx tx, Passage.Finish how) {
    switch (how) {
      case Passage.Finish.Committed committed -> {
        // Most were taken out when they were announced.
        if (tx.announced && raid.announcements.last().equals(tx.tid)) {
          acknowledge(tx);
        } else {
          drop(tx, "its commit was confirmed, but not when it was announced");
        }
      }
      case Passage.Finish.NotCommitted not when tx.announced ->
          drop(tx, "another transaction was committed under its tid " + tx.tid);
      case Passage.Finish.NotCommitted not -> {
        tx.inDoubt = false;
        tx.tid = Tid.NONE;
        tx.attempt.end();
        raid.warn("a transaction is committed once more: not committed, " + not.why());
        begin(tx);
      }
    }
  }

  /**
   * A transaction is about to be announced. Whoever still waits to be told whose the one before was
   * must not hear of this one first: it would count its own as not committed. So there is one who
   * waits at most.
   */
  void beforeAnnouncement() {
    for (Tx tx : bySession.values()) {
      if (tx.announced) {
        drop(
            tx,
            "a later transaction was committed before the primary said whose is "
                + tx.tid
                + ", which the client chose");
        return;
      }
    }
  }

  /**
   * A transaction is announced.
   *
   * @return the session that committed it, if it is one of this server's clients; else 0. It is to
   *     be told by {@link #tellCommitted}
   */
  long committerOf(Tid tid) {
    for (Tx tx : bySession.values()) {
      if (tx.inDoubt && tx.tid.equals(tid)) {
        return tx.session;
      }
    }
    return 0;
  }

  /**
   * Acknowledges the commit of this session: it has just been announced to all others. Unless its
   * client chose the tid, and another server is the primary: then that must say whose it is.
   */
  void tellCommitted(long session) {
    Tx tx = bySession.get(session);
    if (tx == null) {
      return;
    }
    if (hasChosenTid(tx) && raid.term() == null) {
      tx.announced = true;
    } else {
      acknowledge(tx);
    }
  }

  private void acknowledge(Tx tx) {
    remove(tx);
    raid.emit(new Effect.AnswerClient(tx.session, tx.request, new ClientReply.Finished(tx.tid)));
    raid.emit(new Effect.Counted(Effect.Counted.Outcome.COMMIT));
  }

  // Ends without a commit.

  /**
   * A client has no time-out of its own: while nothing can be committed, it gets an error in time,
   * or, if it wants to finish already, is disconnected.
   */
  private void waitNotForEver(Tx tx) {
    tx.timer =
        raid.after(
            raid.settings.stallMillis(),
            () -> {
              if (raid.canCommit()) {
                waitNotForEver(tx);
              } else if (tx.told == null) {
                Passage passage = tx.passage;
                refuse(tx, Errors.storageTransaction("cannot commit now: " + raid.detail));
                if (passage != null) {
                  passage.abort();
                }
              } else {
                drop(tx, "nothing can be committed now: " + raid.detail);
              }
            });
  }

  /** R2.5: a slow client must not evict a healthy backend, whose transaction-timeout runs. */
  private void tooSlow(Tx tx) {
    drop(
        tx,
        "its transaction took longer than " + raid.lockMillis() + " ms between vote and finish");
  }

  private void drop(Tx tx, String why) {
    giveUp(tx);
    raid.emit(new Effect.DropClient(tx.session, why));
  }

  private void refuse(Tx tx, RemoteError error) {
    remove(tx);
    fail(tx.session, tx.request, error);
    raid.emit(
        new Effect.Counted(
            Errors.isConflict(error)
                ? Effect.Counted.Outcome.CONFLICT
                : Effect.Counted.Outcome.ABORT));
  }

  private void fail(long session, long request, RemoteError error) {
    raid.emit(new Effect.AnswerClient(session, request, new ClientReply.Failed(error)));
  }
}
