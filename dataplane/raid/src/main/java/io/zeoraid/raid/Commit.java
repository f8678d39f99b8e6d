package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.OutReason;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * R2, Commit, at the primary: one transaction at a time. It is voted on all in-sync backends side
 * by side ({@link Voting}); when it is to be finished, it is finished on all. Who does not confirm
 * is put out before anybody is told; if nobody confirms, R1's steps are taken and the log tells.
 *
 * <p>Whose transaction it is, is not its business: a client's of this server ({@link
 * ClientTransactions}), or one that a secondary passed on ({@link Followers}).
 */
final class Commit {
  private static final long AGAIN_MILLIS = 300;

  private final Term term;
  private final Raid raid;
  private final List<Runnable> whenSettled = new ArrayList<>();
  private @Nullable Order finishing;

  Commit(Term term) {
    this.term = term;
    this.raid = term.raid;
  }

  /** A transaction from its vote to its end. */
  final class Order implements Passage {
    final Transaction transaction;

    private final Consumer<Vote> voted;
    private Tid tid = Tid.NONE;

    /** What it changes, once it is voted: its oids, and those that it changes by undoing. */
    private List<Oid> oids = List.of();

    private long lockTimer;

    /** The connections that hold their backend's lock for it, once it is voted. */
    private SortedMap<BackendName, Link> held = new TreeMap<>();

    private boolean isVoted;
    private boolean unwanted;
    private boolean over;
    private @Nullable Consumer<Finish> finished;

    Order(Transaction transaction, Consumer<Vote> voted) {
      this.transaction = transaction;
      this.voted = voted;
    }

    boolean isUnwanted() {
      return unwanted;
    }

    @Override
    public void finish(Consumer<Finish> then) {
      finished = then;
      if (isVoted) {
        raid.cancel(lockTimer);
        dropTheDead(this);
      } else {
        then.accept(new Finish.NotCommitted("it took too long after its vote"));
      }
    }

    @Override
    public void abort() {
      if (this == finishing || unwanted) {
        return;
      }
      unwanted = true;
      if (isVoted) {
        raid.cancel(lockTimer);
        release(this);
        end(this);
      }
    }
  }

  /** Whether the transaction with this tid is being finished just now. */
  boolean isFinishing(Tid tid) {
    return finishing != null && finishing.tid.equals(tid);
  }

  /** Runs this when no transaction is being finished. */
  void whenSettled(Runnable then) {
    if (finishing == null) {
      raid.later(term.scope.guard(then));
    } else {
      whenSettled.add(then);
    }
  }

  /**
   * Has a transaction voted on.
   *
   * @param again whether it was accepted under the former primary
   */
  Order vote(Transaction transaction, boolean again, Consumer<Passage.Vote> voted) {
    Order order = new Order(transaction, voted);
    term.resume.turn(again, () -> prepare(order));
    return order;
  }

  // From here on the commit lock is held.

  private void prepare(Order order) {
    if (order.unwanted) {
      giveUp(order);
      return;
    }
    Tid given = order.transaction.given();
    if (given != null) {
      Optional<String> objection = raid.tids.objection(given, term.office.last);
      if (objection.isPresent()) {
        end(order);
        order.voted.accept(
            new Passage.Vote.Refused(
                Errors.storageTransaction(
                    "a transaction can't be committed as " + given + ": " + objection.get())));
        return;
      }
    }
    term.oids.passOver(order.transaction.oids());
    SortedSet<BackendName> inSync = term.record().inSync();
    term.office.connectAll(
        inSync,
        links -> {
          if (order.unwanted) {
            giveUp(order);
          } else if (links.isEmpty()) {
            cutOff(order, "no in-sync backend can be reached: " + inSync);
          } else if (links.size() < inSync.size()) {
            putOutTheUnreachable(order, inSync, links);
          } else {
            new Voting(term, order, links, outcome -> voted(order, outcome)).begin();
          }
        });
  }

  /** Nobody wants it any more; whoever asked for the vote is answered all the same. */
  private void giveUp(Order order) {
    end(order);
    order.voted.accept(new Passage.Vote.Refused(Errors.storageTransaction("it was given up")));
  }

  /** Another server may reach a backend: it is to be primary then. */
  private void cutOff(Order order, String why) {
    if (term.isCutOff(false)) {
      term.resign(why, term::isStillCutOff, () -> {});
    }
    stall(order, why);
  }

  /** Tries again; it is up to the one who handed it in to give it up. */
  private void stall(Order order, String why) {
    raid.explain(why);
    term.after(AGAIN_MILLIS, () -> prepare(order));
  }

  private void putOutTheUnreachable(
      Order order, SortedSet<BackendName> inSync, SortedMap<BackendName, Link> links) {
    SortedMap<BackendName, BackendState.Out> out = new TreeMap<>();
    for (BackendName name : inSync) {
      if (!links.containsKey(name)) {
        out.put(name, new BackendState.Out(OutReason.FAILED, term.office.trouble(name)));
      }
    }
    term.putOut.putOut(
        out,
        seen(links),
        done -> {
          if (done) {
            prepare(order);
          } else {
            stall(order, "cannot put out " + out.keySet() + " without risk");
          }
        });
  }

  private static SortedMap<BackendName, Tid> seen(SortedMap<BackendName, Link> links) {
    SortedMap<BackendName, Tid> seen = new TreeMap<>();
    links.forEach((name, link) -> seen.put(name, link.seen));
    return seen;
  }

  private void voted(Order order, Voting.Outcome outcome) {
    switch (outcome) {
      case Voting.Outcome.Accepted accepted -> {
        raid.explain("");
        order.tid = accepted.tid();
        order.oids = changed(order.transaction, accepted.resolved());
        order.held = accepted.held();
        if (order.unwanted) {
          release(order);
          giveUp(order);
          return;
        }
        order.isVoted = true;
        order.lockTimer = term.after(accepted.lockMillisLeft(), () -> tooSlow(order));
        order.voted.accept(
            new Passage.Vote.Accepted(
                accepted.tid(), accepted.resolved(), accepted.lockMillisLeft()));
      }
      case Voting.Outcome.Refused refused -> {
        end(order);
        order.voted.accept(new Passage.Vote.Refused(refused.error()));
      }
      case Voting.Outcome.SomebodyElse somebody -> {
        raid.warn(
            "expected "
                + term.office.last
                + " as the last transaction, but the backends show "
                + somebody.shown()
                + "; looking into it");
        term.takeOver.run(() -> prepare(order));
      }
      case Voting.Outcome.TryAgain again -> stall(order, again.why());
    }
  }

  /** Undone objects are among those that the vote answers, like resolved ones. */
  private static List<Oid> changed(Transaction transaction, List<Oid> answered) {
    Set<Oid> oids = new LinkedHashSet<>(transaction.oids());
    oids.addAll(answered);
    return List.copyOf(oids);
  }

  /** A slow client must not evict a healthy backend, whose transaction-timeout runs (R2.5). */
  private void tooSlow(Order order) {
    release(order);
    order.unwanted = true;
    end(order);
  }

  /** Gives the backends' locks back. */
  private void release(Order order) {
    order.held.values().forEach(link -> abortOn(link, order.transaction));
    order.held = new TreeMap<>();
    order.isVoted = false;
  }

  void abortOn(Link link, Transaction transaction) {
    if (link.isUp()) {
      raid.links.call(link, new Request.TpcAbort(transaction.id()), answer -> {});
    }
  }

  private void end(Order order) {
    if (!order.over) {
      order.over = true;
      term.lock.release();
    }
  }

  // Finish.

  /**
   * A backend whose connection broke since it voted has lost the transaction: it is put out, or
   * nothing is committed.
   */
  private void dropTheDead(Order order) {
    finishing = order;
    order.isVoted = false;
    SortedMap<BackendName, BackendState.Out> dead = new TreeMap<>();
    SortedMap<BackendName, Link> up = new TreeMap<>();
    order.held.forEach((name, link) -> {
      if (link.isUp()) {
        up.put(name, link);
      } else {
        dead.put(name, new BackendState.Out(OutReason.FAILED, link.why));
      }
    });
    order.held = up;
    if (dead.isEmpty()) {
      sendFinish(order);
    } else {
      term.putOut.putOut(
          dead,
          seen(up),
          done -> {
            if (done) {
              sendFinish(order);
            } else {
              release(order);
              settle(
                  order,
                  new Passage.Finish.NotCommitted(
                      "the backends " + dead.keySet() + " failed after the vote"));
            }
          });
    }
  }

  private void sendFinish(Order order) {
    term.office.finishing = order.tid;
    if (!raid.keeps(Safeguard.ANNOUNCE_WHEN_CONFIRMED)) {
      raid.announce.announce(order.tid, order.oids);
    }
    Gather<BackendName, Boolean> gather =
        new Gather<>(order.held.size(), confirmed -> confirmed(order, confirmed));
    order.held.forEach((name, link) ->
        raid.links.call(
            link,
            new Request.TpcFinish(order.transaction.id()),
            answer -> gather.put(name, confirms(name, answer, order.tid))));
  }

  /**
   * Whether this is the confirmation that the transaction was finished under the tid. If not, the
   * reason is noted.
   */
  boolean confirms(BackendName name, Answer answer, Tid tid) {
    switch (answer) {
      case Answer.Value value -> {
        if (TakeOver.finished(answer).filter(tid::equals).isPresent()) {
          return true;
        }
        term.office.noteTrouble(
            name,
            new Answer.Lost(
                "it answered " + TakeOver.finished(answer) + " to the finish of " + tid, false));
      }
      case Answer.Failed failed ->
          term.office.noteTrouble(
              name,
              new Answer.Lost("it failed to finish: " + Errors.describe(failed.error()), false));
      case Answer.Lost lost -> term.office.noteTrouble(name, lost);
    }
    return false;
  }

  private void confirmed(Order order, SortedMap<BackendName, Boolean> confirmed) {
    SortedMap<BackendName, Tid> held = new TreeMap<>();
    SortedMap<BackendName, BackendState.Out> failed = new TreeMap<>();
    confirmed.forEach((name, yes) -> {
      if (yes) {
        held.put(name, order.tid);
        Link link = order.held.get(name);
        if (link != null) {
          raid.links.committed(link, order.tid);
        }
      } else {
        String why = term.office.trouble(name);
        failed.put(
            name, new BackendState.Out(OutReason.FAILED, "it did not confirm a commit: " + why));
        term.office.close(name, why);
      }
    });
    if (held.isEmpty()) {
      theLogTells(order, "no backend confirmed the commit of " + order.tid);
    } else if (failed.isEmpty()) {
      committed(order);
    } else {
      putOutTheUnconfirmed(order, failed, held);
    }
  }

  private void putOutTheUnconfirmed(
      Order order,
      SortedMap<BackendName, BackendState.Out> failed,
      SortedMap<BackendName, Tid> held) {
    boolean putOutFirst = raid.keeps(Safeguard.PUT_OUT_BEFORE_ACKNOWLEDGING);
    if (!putOutFirst) {
      committed(order);
    }
    term.putOut.putOut(
        failed,
        held,
        done -> {
          if (!putOutFirst) {
            return;
          }
          if (done) {
            committed(order);
          } else {
            theLogTells(
                order, "cannot put out " + failed.keySet() + " after the commit of " + order.tid);
          }
        });
  }

  private void theLogTells(Order order, String why) {
    raid.warn(why + "; looking into the logs");
    term.takeOver.run(() ->
        settle(
            order,
            raid.announcements.contains(order.tid)
                ? new Passage.Finish.Committed()
                : new Passage.Finish.NotCommitted(why)));
  }

  private void committed(Order order) {
    term.office.last = order.tid;
    term.office.finishing = Tid.NONE;
    if (raid.keeps(Safeguard.ANNOUNCE_WHEN_CONFIRMED)) {
      raid.announce.announce(order.tid, order.oids);
    }
    settle(order, new Passage.Finish.Committed());
  }

  private void settle(Order order, Passage.Finish how) {
    finishing = null;
    end(order);
    Consumer<Passage.Finish> told = order.finished;
    if (told != null) {
      told.accept(how);
    }
    List<Runnable> waiting = List.copyOf(whenSettled);
    whenSettled.clear();
    waiting.forEach(then -> raid.later(term.scope.guard(then)));
  }
}
