package io.zeoraid.raid;

import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * R3's proof that this server is not stale. The primary: every in-sync backend shows the
 * transaction that this primary did last, or the one that it is finishing. A secondary asks the
 * primary. Those who ask while a proof is under way share the next one, which begins after they
 * asked.
 */
final class Proof {
  private static final long AGAIN_MILLIS = 200;

  /** Somebody who waits for a proof. */
  private record Waiting(long session, Runnable proven) {}

  private final Raid raid;
  private List<Waiting> waiting = new ArrayList<>();

  /** Those for whom the proof under way is made. */
  private List<Waiting> beingServed = new ArrayList<>();

  /** The proof under way; another primary ends it. */
  private Scope scope = new Scope();

  private boolean underway;

  Proof(Raid raid) {
    this.raid = raid;
  }

  /** Runs this once a proof that began after now has succeeded. */
  void request(long session, Runnable proven) {
    if (!raid.keeps(Safeguard.PROOF)) {
      proven.run();
      return;
    }
    waiting.add(new Waiting(session, proven));
    begin();
  }

  void clientLeft(long session) {
    waiting.removeIf(w -> w.session() == session);
    beingServed.removeIf(w -> w.session() == session);
  }

  /** The role of this server is another one: a proof under way is worth nothing. */
  void roleChanged() {
    scope.end();
    again();
  }

  private void again() {
    underway = false;
    beingServed.addAll(waiting);
    waiting = beingServed;
    beingServed = new ArrayList<>();
    begin();
  }

  private void begin() {
    if (underway || waiting.isEmpty()) {
      return;
    }
    underway = true;
    beingServed = waiting;
    waiting = new ArrayList<>();
    scope = new Scope();
    switch (raid.role()) {
      case Role.Seeking seeking -> {} // roleChanged comes
      case Following following ->
          following.prove(scope.guard(this::succeeded), scope.guard(this::failed));
      case Term term -> prove(term);
    }
  }

  private void succeeded() {
    underway = false;
    List<Waiting> proven = beingServed;
    beingServed = new ArrayList<>();
    proven.forEach(w -> w.proven().run());
    begin();
  }

  private void failed() {
    raid.after(AGAIN_MILLIS, scope.guard(this::again));
  }

  // At the primary.

  private void prove(Term term) {
    if (!term.office.serving) {
      failed();
      return;
    }
    SortedSet<BackendName> inSync = term.record().inSync();
    Tid before = term.office.last;
    term.office.connectAll(
        inSync,
        links -> {
          if (scope.isOver()) {
            return;
          }
          if (links.size() < inSync.size()) {
            term.watch.suspect();
            failed();
          } else {
            ask(term, inSync, links, before);
          }
        });
  }

  private void ask(
      Term term, SortedSet<BackendName> inSync, SortedMap<BackendName, Link> links, Tid before) {
    Gather<BackendName, Answer> gather =
        new Gather<>(links.size(), scope.guard(answers -> judge(term, inSync, answers, before)));
    links.forEach(
        (name, link) -> raid.links.lastTransaction(link, answer -> gather.put(name, answer)));
  }

  private void judge(
      Term term,
      SortedSet<BackendName> inSync,
      SortedMap<BackendName, Answer> answers,
      Tid before) {
    // While a backend may or may not be taken in, nobody can say which backends would have to be
    // asked.
    boolean fresh =
        term.office.serving
            && inSync.equals(term.record().inSync())
            && !(term.recover.isTakingIn() && raid.keeps(Safeguard.NO_PROOF_WHILE_TAKING_IN));
    boolean mismatch = false;
    for (Answer answer : answers.values()) {
      if (answer instanceof Answer.Value(Object value)) {
        Tid shown = Results.tid(value);
        mismatch |=
            !shown.equals(before)
                && !shown.equals(term.office.last)
                && !isBeingFinished(term, shown);
      } else {
        fresh = false;
      }
    }
    if (fresh && !mismatch) {
      succeeded();
    } else {
      term.watch.suspect();
      failed();
    }
  }

  /** An empty backend shows NONE, which must not pass for "nothing is being finished". */
  private static boolean isBeingFinished(Term term, Tid shown) {
    return !term.office.finishing.equals(Tid.NONE) && shown.equals(term.office.finishing);
  }
}
