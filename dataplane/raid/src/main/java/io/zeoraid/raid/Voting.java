package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * R2.2-R2.5: one round of votes on a transaction. All in-sync backends vote side by side; one that
 * fails is connected and voted on again; only who can't be reached, or fails again, is put out, and
 * the rest go on.
 */
final class Voting {
  static final long BYTES_PER_MILLI = 10_000;

  /** Why a backend is put out that answers, but does not vote. */
  static final String LOCKED_OUT =
      "it answers, but somebody else holds its commit lock; if that lasts, restart it";

  /** How the round ended. */
  sealed interface Outcome {

    /** These backends hold their locks for the transaction; they are all that are in sync. */
    record Accepted(
        Tid tid, List<Oid> resolved, SortedMap<BackendName, Link> held, long lockMillisLeft)
        implements Outcome {}

    record Refused(RemoteError error) implements Outcome {}

    /** The exact last tids are not what they should be. */
    record SomebodyElse(SortedMap<BackendName, Tid> shown) implements Outcome {}

    record TryAgain(String why) implements Outcome {}
  }

  private final Term term;
  private final Raid raid;
  private final Commit.Order order;
  private final SortedMap<BackendName, Link> links;
  private final Consumer<Outcome> done;
  private final SortedMap<BackendName, Ballot.Vote> votes = new TreeMap<>();
  private final SortedSet<BackendName> triedTwice = new TreeSet<>();
  private final Scope scope;
  private final Tid tid;
  private final long began;
  private long timer;

  Voting(
      Term term, Commit.Order order, SortedMap<BackendName, Link> links, Consumer<Outcome> done) {
    this.term = term;
    this.raid = term.raid;
    this.order = order;
    this.scope = term.scope.inner();
    this.links = new TreeMap<>(links);
    this.done = done;
    this.began = raid.now.millis();
    Tid given = order.transaction.given();
    this.tid = given == null ? term.chooseTid(term.office.last) : given;
  }

  void begin() {
    waitForLocks();
    List.copyOf(links.keySet()).forEach(this::cast);
  }

  private void waitForLocks() {
    timer =
        term.after(
            raid.settings.lockWaitMillis() + order.transaction.bytes() / BYTES_PER_MILLI,
            scope.guard(this::lockedOut));
  }

  private void cast(BackendName name) {
    Link link = links.get(name);
    if (link == null) {
      throw new IllegalStateException("no connection to " + name);
    }
    Ballot.cast(
        raid,
        link,
        order.transaction,
        tid,
        scope.<Ballot.Vote>guard(vote -> {
          votes.put(name, vote);
          if (votes.size() == links.size()) {
            allVoted();
          }
        }));
  }

  private void allVoted() {
    if (order.isUnwanted()) {
      giveUp();
      finish(new Outcome.Refused(Errors.storageTransaction("the client is gone")));
      return;
    }
    SortedSet<BackendName> again = new TreeSet<>();
    if (!Tally.allFail(votes)) {
      votes.forEach((name, vote) -> {
        if (Tally.deservesAnotherTry(vote) && !triedTwice.contains(name)) {
          again.add(name);
        }
      });
    }
    if (again.isEmpty()) {
      decide();
    } else {
      triedTwice.addAll(again);
      again.forEach(this::tryAgain);
    }
  }

  private void tryAgain(BackendName name) {
    Ballot.Vote first = votes.remove(name);
    if (first instanceof Ballot.Vote.Lost lost) {
      term.office.noteTrouble(name, new Answer.Lost(lost.why(), lost.hung()));
    }
    term.office.close(name, "it failed to vote");
    Consumer<@Nullable Link> connected =
        link -> {
          if (scope.isOver()) {
            return;
          }
          if (link != null) {
            links.put(name, link);
            cast(name);
          } else {
            votes.put(
                name,
                first instanceof Ballot.Vote.Refused
                    ? first
                    : new Ballot.Vote.Lost(term.office.trouble(name), false));
            if (votes.size() == links.size()) {
              allVoted();
            }
          }
        };
    term.office.connect(name, connected);
  }

  private void decide() {
    switch (Tally.count(
        votes, term.office.last, term.pack.isUneven(), raid.keeps(Safeguard.EXACT_TIDS))) {
      case Tally.Decision.Mismatch mismatch -> {
        giveUp();
        finish(new Outcome.SomebodyElse(mismatch.shown()));
      }
      case Tally.Decision.Nobody nobody -> {
        giveUp();
        finish(new Outcome.TryAgain(nobody.why()));
      }
      case Tally.Decision.Refuse refuse -> {
        SortedMap<BackendName, Tid> shown = Tally.shown(votes);
        sayThatPackingExplainsIt(refuse);
        giveUp();
        putOut(refuse.out(), shown, () -> finish(new Outcome.Refused(refuse.error())));
      }
      case Tally.Decision.Proceed proceed -> {
        SortedMap<BackendName, Link> held = new TreeMap<>(links);
        proceed.out().keySet().forEach(held::remove);
        putOut(
            proceed.out(),
            Tally.shown(votes),
            () -> finish(new Outcome.Accepted(tid, proceed.resolved(), held, lockMillisLeft())));
      }
    }
  }

  private void sayThatPackingExplainsIt(Tally.Decision.Refuse refuse) {
    List<BackendName> accepted =
        votes.keySet().stream()
            .filter(name -> votes.get(name) instanceof Ballot.Vote.Voted)
            .filter(name -> !refuse.out().containsKey(name))
            .toList();
    if (!accepted.isEmpty()) {
      raid.warn(
          "a transaction is refused, though "
              + accepted
              + " accepted it: "
              + Errors.describe(refuse.error())
              + "; if only some backends are packed, pack again, so that all are");
    }
  }

  private void putOut(
      SortedMap<BackendName, BackendState.Out> out,
      SortedMap<BackendName, Tid> shown,
      Runnable then) {
    if (out.isEmpty()) {
      then.run();
      return;
    }
    raid.cancel(timer);
    timer =
        term.after(
            lockMillisLeft(),
            scope.guard(() -> {
              giveUp();
              finish(new Outcome.TryAgain("cannot put out " + out.keySet() + " in time"));
            }));
    term.putOut.putOut(
        out,
        shown,
        scope.<Boolean>guard(put -> {
          if (put) {
            then.run();
          } else {
            giveUp();
            finish(new Outcome.TryAgain("cannot put out " + out.keySet() + " without risk"));
          }
        }));
  }

  /** From the first vote to the finish so much time may pass, and no more (R2.5). */
  private long lockMillisLeft() {
    return Math.max(0, raid.lockMillis() - (raid.now.millis() - began));
  }

  /**
   * A vote waits although nobody else should hold a lock: a connection of a server that is gone,
   * which the backend does not know of, or one of ours. Those that voted go on without it.
   */
  private void lockedOut() {
    SortedSet<BackendName> silent = new TreeSet<>(links.keySet());
    silent.removeAll(votes.keySet());
    if (votes.values().stream().anyMatch(Ballot.Vote.Voted.class::isInstance)) {
      waitForLocks();
      silent.forEach(name -> term.office.close(name, LOCKED_OUT));
      return;
    }
    giveUp();
    silent.forEach(name -> term.office.close(name, "its vote took too long"));
    term.read(
        term.scope,
        () ->
            done.accept(
                new Outcome.TryAgain(
                    "the backends "
                        + silent
                        + " answer, but their commit lock is held by somebody else")));
    scope.end();
  }

  /** Gives back every lock that this round has, or may still get. */
  private void giveUp() {
    links.values().forEach(link -> term.commit.abortOn(link, order.transaction));
  }

  private void finish(Outcome outcome) {
    raid.cancel(timer);
    scope.end();
    done.accept(outcome);
  }
}
