package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * R1, Take over: before a server serves anything as primary it votes an empty transaction on every
 * in-sync backend, one after another in name order, compares their exact last tids under the locks,
 * puts out who can't be reached or lacks something, and, if with every lock held the record is
 * still the one that this view came from, finishes the empty transaction on all. This no-op fences
 * a former primary. The same three steps follow whenever somebody else seems to have committed
 * (R2.3).
 *
 * <p>It runs under the commit lock, which its caller holds.
 */
final class TakeOver {
  private static final long AGAIN_MILLIS = 1000;

  /** The first record has 1. */
  private static final long FIRST_PRIMARYS_EPOCH = 2;

  private final Term term;
  private final Raid raid;

  /** Somebody has committed past our no-op's tid, and may do so again. */
  private boolean wasTooEarly;

  TakeOver(Term term) {
    this.term = term;
    this.raid = term.raid;
  }

  /** Takes over; repeats until this server is in office. The caller holds the commit lock. */
  void run(Runnable inOffice) {
    Scope scope = term.office.newAttempt();
    term.read(scope, () -> connect(scope, inOffice));
  }

  private void again(String why, Runnable inOffice) {
    raid.explain(why);
    tryAgain(inOffice);
  }

  private void lossSuspected(String why, Runnable inOffice) {
    raid.suspectDataLoss(why);
    tryAgain(inOffice);
  }

  private void tryAgain(Runnable inOffice) {
    Scope scope = term.office.newAttempt();
    term.after(AGAIN_MILLIS, scope.guard(() -> run(inOffice)));
  }

  private void connect(Scope scope, Runnable inOffice) {
    Attempt attempt = new Attempt(scope, inOffice);
    term.office.connectAll(attempt.record.inSync(), up -> attempt.vote(up));
  }

  /** What the exact last tids say. */
  sealed interface Verdict {

    /** No in-sync backend can be reached: wait. */
    record Unreachable() implements Verdict {}

    /** All that can be reached show less than what is known to be committed. */
    record DataLossSuspected(Tid highest, Tid known) implements Verdict {}

    /** A transaction is later than the tid of our no-op: choose a later one. */
    record TidTooEarly(Tid highest) implements Verdict {}

    /** Some have more than others: these lag behind that one. */
    record Unequal(BackendName leader, SortedSet<BackendName> behind) implements Verdict {}

    /** All that can be reached hold the same. */
    record Equal() implements Verdict {}
  }

  /**
   * Judges the exact last tids of the in-sync backends that voted.
   *
   * @param exact the exact last tid of each
   * @param known what is known to be committed
   * @param noop the tid of our no-op
   */
  static Verdict judge(SortedMap<BackendName, Tid> exact, Tid known, Tid noop) {
    if (exact.isEmpty()) {
      return new Verdict.Unreachable();
    }
    BackendName leader = exact.firstKey();
    for (BackendName name : exact.keySet()) {
      if (exact.getOrDefault(name, Tid.NONE).isAfter(exact.getOrDefault(leader, Tid.NONE))) {
        leader = name;
      }
    }
    Tid highest = exact.getOrDefault(leader, Tid.NONE);
    if (known.isAfter(highest)) {
      return new Verdict.DataLossSuspected(highest, known);
    }
    if (!noop.isAfter(highest)) {
      return new Verdict.TidTooEarly(highest);
    }
    SortedSet<BackendName> behind = new TreeSet<>();
    exact.forEach((name, tid) -> {
      if (highest.isAfter(tid)) {
        behind.add(name);
      }
    });
    return behind.isEmpty() ? new Verdict.Equal() : new Verdict.Unequal(leader, behind);
  }

  /** One attempt: its view of the record, and what it has locked. */
  private final class Attempt {
    private final Scope scope;
    private final Runnable inOffice;
    private final MembershipRecord record = term.record();
    private final SortedMap<BackendName, Link> links = new TreeMap<>();
    private final SortedMap<BackendName, Tid> exact = new TreeMap<>();

    /** Backends that answer, but whose lock somebody else holds. */
    private final SortedSet<BackendName> lockedOut = new TreeSet<>();

    private Tid noop = Tid.NONE;

    Attempt(Scope scope, Runnable inOffice) {
      this.scope = scope;
      this.inOffice = inOffice;
    }

    void vote(SortedMap<BackendName, Link> up) {
      if (scope.isOver()) {
        return;
      }
      links.putAll(up);
      Tid highest = term.office.last;
      for (Link link : up.values()) {
        highest = Tids.max(highest, link.seen);
      }
      noop = isNew() ? term.chooseTidBehind(highest) : term.chooseTid(highest);
      voteNext(new ArrayList<>(up.keySet()));
    }

    /**
     * Into a new RAID without data a history may be copied: our no-op must not be later than that.
     * A later primary's must be: clients may know no-ops of which nothing is left.
     */
    private boolean isNew() {
      return record.epoch() == FIRST_PRIMARYS_EPOCH && committed().equals(Tid.NONE) && !wasTooEarly;
    }

    /**
     * One after another in name order. One that waits for a lock is waited for, but not for ever:
     * whoever holds that lock can't commit without the others.
     */
    private void voteNext(List<BackendName> left) {
      if (left.isEmpty()) {
        decide();
        return;
      }
      BackendName name = left.removeFirst();
      Link link = links.get(name);
      if (link == null) {
        voteNext(left);
        return;
      }
      long waits =
          term.after(
              raid.settings.lockWaitMillis(),
              scope.guard(() -> {
                lockedOut.add(name);
                raid.links.close(link, Voting.LOCKED_OUT);
              }));
      Ballot.cast(
          raid,
          link,
          Transaction.EMPTY,
          noop,
          scope.<Ballot.Vote>guard(vote -> {
            raid.cancel(waits);
            switch (vote) {
              case Ballot.Vote.Voted voted -> exact.put(name, voted.exact());
              case Ballot.Vote.Refused refused ->
                  fail(
                      name, "it refused an empty transaction: " + Errors.describe(refused.error()));
              case Ballot.Vote.Lost lost -> fail(name, lost.why());
            }
            voteNext(left);
          }));
    }

    private void fail(BackendName name, String why) {
      term.office.noteTrouble(name, new Answer.Lost(why, false));
      raid.links.close(links.remove(name), why);
    }

    private void decide() {
      Tid known = Tids.max(record.lastTid(), raid.announcements.last());
      switch (judge(exact, known, noop)) {
        case Verdict.Unreachable unreachable -> unreachable();
        case Verdict.DataLossSuspected loss ->
            lossSuspected(
                "suspected data loss: transaction "
                    + loss.known()
                    + " was committed, but the in-sync backends that answer "
                    + exact.keySet()
                    + " show "
                    + loss.highest()
                    + " as their last; refusing to serve. Bring back a backend that has it: "
                    + record.inSync(),
                inOffice);
        case Verdict.TidTooEarly tooEarly -> {
          wasTooEarly = true;
          raid.tids.notBefore(tooEarly.highest());
          raid.later(() -> run(inOffice));
        }
        case Verdict.Unequal unequal -> sortOut(unequal);
        case Verdict.Equal equal -> lookForTheKnown();
      }
    }

    /** Another server may reach one: it is to be primary then. */
    private void unreachable() {
      String why = "no in-sync backend can be reached: " + troubles(record.inSync());
      if (lockedOut.containsAll(record.inSync())) {
        again(why, inOffice); // another server would fare no better
      } else if (term.isCutOff(false)) {
        raid.explain(why);
        term.resign(why, term::isStillCutOff, scope.guard(() -> again(why, inOffice)));
      } else {
        again(why, inOffice);
      }
    }

    /** Those behind lack something, or have diverged. Then again from 1. */
    private void sortOut(Verdict.Unequal unequal) {
      Consumer<SortOut.Result> then =
          scope.guard(result -> {
            switch (result) {
              case SortOut.Result.Out out ->
                  putOutTheUnreachable(out.states(), () -> run(inOffice));
              case SortOut.Result.Unknown unknown -> again(unknown.why(), inOffice);
              case SortOut.Result.LossSuspected loss -> lossSuspected(loss.why(), inOffice);
            }
          });
      new SortOut(raid, exact, unequal, committed(), then).begin();
    }

    /** The last transaction with records that is known to be committed. */
    private Tid committed() {
      return Tids.max(record.lastTid(), raid.announcements.lastWithRecords());
    }

    /**
     * All show the same, later than what is known to be committed. They must also hold that: a
     * volume with another database could be later too.
     */
    private void lookForTheKnown() {
      Tid known = committed();
      BackendName first = exact.firstKey();
      if (known.equals(Tid.NONE) || known.equals(exact.get(first))) {
        putOutTheUnreachable(new TreeMap<>(), this::reread);
        return;
      }
      Consumer<Optional<Boolean>> then =
          scope.guard(holds -> {
            if (holds.isEmpty()) {
              again("cannot read the log of " + first, inOffice);
            } else if (holds.get()) {
              putOutTheUnreachable(new TreeMap<>(), this::reread);
            } else {
              lossSuspected(lacks(known, first), inOffice);
            }
          });
      Contents.holds(raid, first, known, then);
    }

    private void putOutTheUnreachable(
        SortedMap<BackendName, BackendState.Out> behind, Runnable then) {
      SortedMap<BackendName, BackendState.Out> out = new TreeMap<>(behind);
      for (BackendName name : record.inSync()) {
        if (!exact.containsKey(name)) {
          out.put(
              name,
              new BackendState.Out(OutReason.FAILED, "unreachable: " + term.office.trouble(name)));
        }
      }
      if (out.isEmpty()) {
        then.run();
        return;
      }
      term.putOut.putOut(
          out,
          exact,
          done -> {
            if (scope.isOver()) {
              return;
            }
            if (done) {
              then.run();
            } else {
              again("cannot put out " + out.keySet() + " without risk; waiting", inOffice);
            }
          });
    }

    /** With every lock still held: is the record still the one that this view came from? */
    private void reread() {
      if (!raid.keeps(Safeguard.REREAD_UNDER_LOCKS)) {
        finishNoOp();
        return;
      }
      long revision = term.record().revision();
      term.read(
          scope,
          () -> {
            SortedSet<BackendName> inSync = term.record().inSync();
            if (term.record().revision() != revision
                || !inSync.equals(new TreeSet<>(exact.keySet()))) {
              run(inOffice);
            } else {
              finishNoOp();
            }
          });
    }

    private void finishNoOp() {
      if (!raid.keeps(Safeguard.NO_OP)) {
        exact.keySet().stream()
            .map(links::get)
            .filter(Objects::nonNull)
            .forEach(link -> term.commit.abortOn(link, Transaction.EMPTY));
        noop = exact.getOrDefault(exact.firstKey(), Tid.NONE);
        learn(exact.firstKey());
        return;
      }
      Gather<BackendName, Boolean> gather = new Gather<>(exact.size(), this::finished);
      for (BackendName name : exact.keySet()) {
        Link link = links.get(name);
        if (link == null) {
          gather.put(name, false);
          continue;
        }
        raid.links.call(
            link,
            new Request.TpcFinish(Transaction.EMPTY.id()),
            answer -> gather.put(name, term.commit.confirms(name, answer, noop)));
      }
    }

    private void finished(SortedMap<BackendName, Boolean> confirmed) {
      if (scope.isOver()) {
        return;
      }
      SortedMap<BackendName, Tid> held = new TreeMap<>();
      SortedMap<BackendName, BackendState.Out> failed = new TreeMap<>();
      confirmed.forEach((name, yes) -> {
        if (yes) {
          held.put(name, noop);
          Link link = links.get(name);
          if (link != null) {
            raid.links.committed(link, noop);
          }
        } else {
          failed.put(
              name,
              new BackendState.Out(
                  OutReason.FAILED, "it did not confirm: " + term.office.trouble(name)));
        }
      });
      if (held.isEmpty()) {
        again("no backend confirmed the no-op " + noop, inOffice);
      } else if (failed.isEmpty()) {
        learn(held.firstKey());
      } else {
        term.putOut.putOut(
            failed,
            held,
            done -> {
              if (!scope.isOver()) {
                if (done) {
                  learn(held.firstKey());
                } else {
                  again("cannot put out " + failed.keySet() + " without risk; waiting", inOffice);
                }
              }
            });
      }
    }

    /** R3: what was committed before is learned by iterating a backend. */
    private void learn(BackendName source) {
      term.office.last = noop;
      Consumer<Optional<Tail.Found>> then =
          scope.guard(found -> {
            if (found.isEmpty()) {
              again("cannot read the latest transactions of " + source, inOffice);
            } else {
              serve(source, found.get());
            }
          });
      if (raid.announcements.last().equals(Tid.NONE)) {
        Tail.atLeast(raid, source, raid.settings.invalidationQueue(), noop, then);
      } else {
        Tail.after(raid, source, raid.announcements.last(), noop, then);
      }
    }

    private void serve(BackendName source, Tail.Found found) {
      List<Tail.Committed> tail = found.transactions();
      Tid end = tail.isEmpty() ? Tid.NONE : tail.getLast().tid();
      if (!end.equals(noop)) {
        again(
            "the log of backend "
                + source
                + " ends with "
                + end
                + ", though it confirmed the no-op "
                + noop
                + ": its volume is another one by now, or it does not keep transactions without"
                + " records; looking again",
            inOffice);
        return;
      }
      raid.announce.learned(found);
      term.isCutOff(true);
      term.office.serving = true;
      raid.explain("");
      raid.info(
          "in office: epoch "
              + term.record().epoch()
              + ", in sync "
              + term.record().inSync()
              + ", last transaction "
              + noop);
      term.resume.inOffice();
      raid.read.viewChanged();
      raid.clientTransactions.primaryFound();
      raid.oids.serve();
      term.recover.wake();
      raid.statusChanged();
      inOffice.run();
    }
  }

  /** What to say of a backend that is later than what is known to be committed, and lacks that. */
  static String lacks(Tid known, BackendName backend) {
    return "suspected data loss: transaction "
        + known
        + " was committed, but is not in the log of "
        + backend
        + ", although that has later ones: was another database put in its place, or was it packed"
        + " past the RAID? Refusing to serve";
  }

  private String troubles(SortedSet<BackendName> names) {
    List<String> parts = new ArrayList<>();
    names.forEach(name -> parts.add(name + ": " + term.office.trouble(name)));
    return String.join("; ", parts);
  }

  /** Reads the tid in the answer to a finish. */
  static Optional<Tid> finished(Answer answer) {
    try {
      return answer instanceof Answer.Value(Object value) && value != null
          ? Optional.of(Results.tid(value))
          : Optional.empty();
    } catch (ProtocolException e) {
      return Optional.empty();
    }
  }
}
