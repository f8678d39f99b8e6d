package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.OutReason;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * R2, Commit: one at a time. A transaction is voted on all in-sync backends side by side ({@link
 * Voting}); when the client finishes it, so is it on all. Who does not confirm is put out before
 * the client is acknowledged; if nobody confirms, R1's steps are taken and the log tells.
 */
final class Commit {
  private static final long AGAIN_MILLIS = 300;

  private final Raid raid;
  private final Map<Long, Pending> pending = new HashMap<>();
  private @Nullable Pending finishing;

  Commit(Raid raid) {
    this.raid = raid;
  }

  /** A client's transaction from its vote to its end. */
  final class Pending {
    final long session;
    final Transaction transaction;
    private long request;
    private Tid tid = Tid.NONE;
    private long lockTimer;
    private long waitTimer;
    private long askedAt;

    /** The connections that hold their backend's lock for it, once it is voted. */
    private SortedMap<BackendName, Link> held = new TreeMap<>();

    private boolean voted;
    private boolean unwanted;
    private boolean over;

    /** Its client knows that it is committed. */
    private boolean told;

    Pending(long session, long request, Transaction transaction) {
      this.session = session;
      this.request = request;
      this.transaction = transaction;
    }

    boolean isUnwanted() {
      return unwanted;
    }
  }

  /** Whether this session finishes the transaction with this tid just now. */
  boolean isFinishing(Tid tid) {
    return finishing != null && finishing.tid.equals(tid);
  }

  /** The session whose transaction is being finished; 0 if there is none. */
  long finishingSession() {
    return finishing == null ? 0 : finishing.session;
  }

  // What clients ask.

  void vote(long session, long request, Transaction transaction) {
    Pending tx = new Pending(session, request, transaction);
    tx.askedAt = raid.now.millis();
    Pending before = pending.put(session, tx);
    if (before != null) {
      throw new IllegalStateException("session " + session + " votes twice");
    }
    waitNotForEver(tx);
    raid.lock.acquire(() -> prepare(tx));
  }

  /**
   * A client has no time-out of its own: while nothing can be committed, it gets an error in time.
   */
  private void waitNotForEver(Pending tx) {
    tx.waitTimer =
        raid.after(
            raid.settings.stallMillis(),
            () -> {
              if (raid.office.serving) {
                waitNotForEver(tx);
              } else if (!tx.unwanted) {
                fail(
                    tx.session,
                    tx.request,
                    Errors.storageTransaction("cannot commit now: " + raid.detail));
                pending.remove(tx.session, tx);
                tx.unwanted = true;
              }
            });
  }

  void finish(long session, long request) {
    Pending tx = pending.get(session);
    if (tx == null || !tx.voted) {
      fail(session, request, Errors.storageTransaction("tpc_finish without a vote"));
      return;
    }
    tx.request = request;
    raid.cancel(tx.lockTimer);
    dropTheDead(tx);
  }

  void abort(long session, long request) {
    Pending tx = pending.get(session);
    if (tx != null && !tx.voted && tx != finishing) {
      fail(session, tx.request, Errors.storageTransaction("aborted while it voted"));
    }
    forget(session);
    raid.emit(new Effect.AnswerClient(session, request, new ClientReply.Done()));
  }

  void clientLeft(long session) {
    forget(session);
    raid.proof.clientLeft(session);
    raid.oids.clientLeft(session);
    raid.read.clientLeft(session);
  }

  private void forget(long session) {
    Pending tx = pending.get(session);
    if (tx == null || tx == finishing) {
      return;
    }
    pending.remove(session);
    tx.unwanted = true;
    raid.cancel(tx.waitTimer);
    if (tx.voted) {
      raid.cancel(tx.lockTimer);
      release(tx);
      raid.emit(new Effect.Counted(Effect.Counted.Outcome.ABORT));
      end(tx);
    }
  }

  /** Gives the backends' locks back. */
  private void release(Pending tx) {
    tx.held.values().forEach(link -> abortOn(link, tx.transaction));
    tx.held = new TreeMap<>();
    tx.voted = false;
  }

  void abortOn(Link link, Transaction transaction) {
    if (link.isUp()) {
      raid.links.call(link, new Request.TpcAbort(transaction.id()), answer -> {});
    }
  }

  private void end(Pending tx) {
    if (!tx.over) {
      tx.over = true;
      raid.cancel(tx.waitTimer);
      pending.remove(tx.session, tx);
      raid.lock.release();
    }
  }

  private void fail(long session, long request, RemoteError error) {
    raid.emit(new Effect.AnswerClient(session, request, new ClientReply.Failed(error)));
  }

  private void refuse(Pending tx, RemoteError error) {
    if (!tx.unwanted) {
      fail(tx.session, tx.request, error);
      raid.emit(
          new Effect.Counted(
              Errors.isConflict(error)
                  ? Effect.Counted.Outcome.CONFLICT
                  : Effect.Counted.Outcome.ABORT));
    }
    end(tx);
  }

  // From here on the commit lock is held.

  private void prepare(Pending tx) {
    if (raid.halted || tx.unwanted) {
      end(tx);
      return;
    }
    SortedSet<BackendName> inSync = raid.membership.record().inSync();
    raid.office.connectAll(
        inSync,
        links -> {
          if (tx.unwanted) {
            end(tx);
          } else if (links.isEmpty()) {
            stall(tx, "no in-sync backend can be reached: " + inSync);
          } else if (links.size() < inSync.size()) {
            putOutTheUnreachable(tx, inSync, links);
          } else {
            new Voting(raid, tx, links, outcome -> voted(tx, outcome)).begin();
          }
        });
  }

  /** Tries again, but not for ever: a client has no time-out of its own. */
  private void stall(Pending tx, String why) {
    if (raid.now.millis() - tx.askedAt > raid.settings.stallMillis()) {
      refuse(tx, Errors.storageTransaction("cannot commit now: " + why));
      return;
    }
    raid.explain(why);
    raid.after(AGAIN_MILLIS, () -> prepare(tx));
  }

  private void putOutTheUnreachable(
      Pending tx, SortedSet<BackendName> inSync, SortedMap<BackendName, Link> links) {
    SortedMap<BackendName, BackendState.Out> out = new TreeMap<>();
    for (BackendName name : inSync) {
      if (!links.containsKey(name)) {
        out.put(name, new BackendState.Out(OutReason.FAILED, raid.office.trouble(name)));
      }
    }
    raid.putOut.putOut(
        out,
        seen(links),
        done -> {
          if (done) {
            prepare(tx);
          } else {
            stall(tx, "cannot put out " + out.keySet() + " without risk");
          }
        });
  }

  private static SortedMap<BackendName, Tid> seen(SortedMap<BackendName, Link> links) {
    SortedMap<BackendName, Tid> seen = new TreeMap<>();
    links.forEach((name, link) -> seen.put(name, link.seen));
    return seen;
  }

  private void voted(Pending tx, Voting.Outcome outcome) {
    switch (outcome) {
      case Voting.Outcome.Accepted accepted -> {
        raid.explain("");
        tx.tid = accepted.tid();
        tx.held = accepted.held();
        if (tx.unwanted) {
          release(tx);
          end(tx);
          return;
        }
        tx.voted = true;
        raid.cancel(tx.waitTimer);
        tx.lockTimer = raid.after(accepted.lockMillisLeft(), () -> tooSlow(tx));
        raid.emit(
            new Effect.AnswerClient(
                tx.session, tx.request, new ClientReply.Voted(accepted.resolved())));
      }
      case Voting.Outcome.Refused refused -> refuse(tx, refused.error());
      case Voting.Outcome.SomebodyElse somebody -> {
        raid.warn(
            "expected "
                + raid.office.last
                + " as the last transaction, but the backends show "
                + somebody.shown()
                + "; looking into it");
        raid.takeOver.run(() -> prepare(tx));
      }
      case Voting.Outcome.TryAgain again -> stall(tx, again.why());
    }
  }

  /** A slow client must not evict a healthy backend, whose transaction-timeout runs. */
  private void tooSlow(Pending tx) {
    release(tx);
    raid.emit(new Effect.Counted(Effect.Counted.Outcome.ABORT));
    raid.emit(
        new Effect.DropClient(
            tx.session,
            "its transaction took longer than "
                + raid.settings.lockMillis()
                + " ms between vote and finish"));
    tx.unwanted = true;
    end(tx);
  }

  // Finish.

  /**
   * A backend whose connection broke since it voted has lost the transaction: it is put out, or
   * nothing is committed.
   */
  private void dropTheDead(Pending tx) {
    finishing = tx;
    tx.voted = false;
    SortedMap<BackendName, BackendState.Out> dead = new TreeMap<>();
    SortedMap<BackendName, Link> up = new TreeMap<>();
    tx.held.forEach((name, link) -> {
      if (link.isUp()) {
        up.put(name, link);
      } else {
        dead.put(name, new BackendState.Out(OutReason.FAILED, link.why));
      }
    });
    tx.held = up;
    if (dead.isEmpty()) {
      sendFinish(tx);
    } else {
      raid.putOut.putOut(
          dead,
          seen(up),
          done -> {
            if (done) {
              sendFinish(tx);
            } else {
              finishing = null;
              release(tx);
              refuse(
                  tx,
                  Errors.storageTransaction(
                      "not committed: the backends " + dead.keySet() + " failed after the vote"));
            }
          });
    }
  }

  private void sendFinish(Pending tx) {
    raid.office.finishing = tx.tid;
    if (!raid.keeps(Safeguard.ANNOUNCE_WHEN_CONFIRMED)) {
      raid.announce.announce(tx.tid, tx.transaction.oids(), tx.session);
    }
    Gather<BackendName, Boolean> gather =
        new Gather<>(tx.held.size(), confirmed -> confirmed(tx, confirmed));
    tx.held.forEach((name, link) ->
        raid.links.call(
            link,
            new Request.TpcFinish(tx.transaction.id()),
            answer -> gather.put(name, confirms(raid, name, answer, tx.tid))));
  }

  /**
   * Whether this is the confirmation that the transaction was finished under the tid. If not, the
   * reason is noted.
   */
  static boolean confirms(Raid raid, BackendName name, Answer answer, Tid tid) {
    switch (answer) {
      case Answer.Value value -> {
        if (TakeOver.finished(answer).filter(tid::equals).isPresent()) {
          return true;
        }
        raid.office.noteTrouble(
            name,
            new Answer.Lost(
                "it answered " + TakeOver.finished(answer) + " to the finish of " + tid, false));
      }
      case Answer.Failed failed ->
          raid.office.noteTrouble(
              name,
              new Answer.Lost("it failed to finish: " + Errors.describe(failed.error()), false));
      case Answer.Lost lost -> raid.office.noteTrouble(name, lost);
    }
    return false;
  }

  private void confirmed(Pending tx, SortedMap<BackendName, Boolean> confirmed) {
    SortedMap<BackendName, Tid> held = new TreeMap<>();
    SortedMap<BackendName, BackendState.Out> failed = new TreeMap<>();
    confirmed.forEach((name, yes) -> {
      if (yes) {
        held.put(name, tx.tid);
        Link link = tx.held.get(name);
        if (link != null) {
          raid.links.committed(link, tx.tid);
        }
      } else {
        String why = raid.office.trouble(name);
        failed.put(
            name, new BackendState.Out(OutReason.FAILED, "it did not confirm a commit: " + why));
        raid.office.close(name, why);
      }
    });
    if (held.isEmpty()) {
      theLogTells(tx, "no backend confirmed the commit of " + tx.tid);
    } else if (failed.isEmpty()) {
      committed(tx);
    } else {
      boolean putOutFirst = raid.keeps(Safeguard.PUT_OUT_BEFORE_ACKNOWLEDGING);
      if (!putOutFirst) {
        committed(tx);
      }
      raid.putOut.putOut(
          failed,
          held,
          done -> {
            if (!putOutFirst) {
              return;
            }
            if (done) {
              committed(tx);
            } else {
              theLogTells(
                  tx, "cannot put out " + failed.keySet() + " after the commit of " + tx.tid);
            }
          });
    }
  }

  private void theLogTells(Pending tx, String why) {
    raid.warn(why + "; looking into the logs");
    raid.takeOver.run(() -> {
      finishing = null;
      if (tx.told) {
        end(tx);
      } else {
        refuse(tx, Errors.storageTransaction("not committed: " + why));
      }
    });
  }

  /**
   * The logs hold this transaction, and it has just been announced. If it is the one whose fate was
   * unknown, its client is told now: before it hears of the no-op, for tids only grow.
   */
  void foundInLog(Tid tid) {
    Pending tx = finishing;
    if (tx != null && tx.tid.equals(tid)) {
      tellCommitted(tx);
    }
  }

  private void committed(Pending tx) {
    raid.office.last = tx.tid;
    raid.office.finishing = Tid.NONE;
    finishing = null;
    if (raid.keeps(Safeguard.ANNOUNCE_WHEN_CONFIRMED)) {
      raid.announce.announce(tx.tid, tx.transaction.oids(), tx.session);
    }
    tellCommitted(tx);
    end(tx);
  }

  private void tellCommitted(Pending tx) {
    tx.told = true;
    raid.emit(new Effect.AnswerClient(tx.session, tx.request, new ClientReply.Finished(tx.tid)));
    raid.emit(new Effect.Counted(Effect.Counted.Outcome.COMMIT));
  }
}
