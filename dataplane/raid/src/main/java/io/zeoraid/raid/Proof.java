package io.zeoraid.raid;

import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * R3's proof that this server is not stale: every in-sync backend shows the transaction that this
 * primary did last, or the one that it is finishing. Those who ask while a proof is under way share
 * the next one, which begins after they asked.
 */
final class Proof {
  private static final long AGAIN_MILLIS = 200;

  /** Somebody who waits for a proof. */
  private record Waiting(long session, Runnable proven) {}

  private final Raid raid;
  private List<Waiting> waiting = new ArrayList<>();

  /** Those for whom the proof under way is made. */
  private List<Waiting> beingServed = new ArrayList<>();

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

  private void begin() {
    if (underway || waiting.isEmpty() || raid.halted) {
      return;
    }
    underway = true;
    List<Waiting> served = waiting;
    beingServed = served;
    waiting = new ArrayList<>();
    if (!raid.office.serving) {
      repeat(served);
      return;
    }
    SortedSet<BackendName> inSync = raid.membership.record().inSync();
    Tid before = raid.office.last;
    raid.office.connectAll(
        inSync,
        links -> {
          if (links.size() < inSync.size()) {
            raid.watch.suspect();
            repeat(served);
          } else {
            ask(inSync, links, before, served);
          }
        });
  }

  private void ask(
      SortedSet<BackendName> inSync,
      SortedMap<BackendName, Link> links,
      Tid before,
      List<Waiting> served) {
    Gather<BackendName, Answer> gather =
        new Gather<>(links.size(), answers -> judge(inSync, answers, before, served));
    links.forEach(
        (name, link) -> raid.links.lastTransaction(link, answer -> gather.put(name, answer)));
  }

  private void judge(
      SortedSet<BackendName> inSync,
      SortedMap<BackendName, Answer> answers,
      Tid before,
      List<Waiting> served) {
    // While a backend may or may not be taken in, nobody can say which backends would have to be
    // asked.
    boolean fresh =
        raid.office.serving
            && inSync.equals(raid.membership.record().inSync())
            && !raid.recover.isTakingIn();
    boolean mismatch = false;
    for (Answer answer : answers.values()) {
      if (answer instanceof Answer.Value(Object value)) {
        Tid shown = Results.tid(value);
        mismatch |=
            !shown.equals(before) && !shown.equals(raid.office.last) && !isBeingFinished(shown);
      } else {
        fresh = false;
      }
    }
    if (fresh && !mismatch) {
      underway = false;
      served.forEach(w -> w.proven().run());
      begin();
    } else {
      raid.watch.suspect();
      repeat(served);
    }
  }

  /** An empty backend shows NONE, which must not pass for "nothing is being finished". */
  private boolean isBeingFinished(Tid shown) {
    return !raid.office.finishing.equals(Tid.NONE) && shown.equals(raid.office.finishing);
  }

  private void repeat(List<Waiting> served) {
    raid.after(
        AGAIN_MILLIS,
        () -> {
          underway = false;
          served.addAll(waiting);
          waiting = served;
          begin();
        });
  }
}
