package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.OutReason;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * R4's last sentence: the primary checks all in-sync backends every few seconds, commits or not.
 * One that doesn't answer is connected anew and asked again, and put out only if that fails too.
 * One that shows another last transaction than the RAID's leads to R1's steps.
 */
final class Watch {
  private static final long SUSPECT_MILLIS = 20;

  /** So often, at most, the record's lastTid is brought up to date. */
  private static final long NOTE_MILLIS = 60_000;

  private final Term term;
  private final Raid raid;
  private long timer;
  private boolean soon;
  private boolean checking;
  private long notedAt;

  Watch(Term term) {
    this.term = term;
    this.raid = term.raid;
  }

  void start() {
    timer = term.after(raid.settings.checkMillis(), this::check);
  }

  /** Something looked wrong: look at once. */
  void suspect() {
    if (!soon && timer != 0 && !checking) {
      soon = true;
      raid.cancel(timer);
      timer = term.after(SUSPECT_MILLIS, this::check);
    }
  }

  private void check() {
    checking = true;
    soon = false;
    term.lock.acquire(() -> {
      SortedSet<BackendName> inSync = term.record().inSync();
      term.office.connectAll(inSync, links -> ask(inSync, links, true));
    });
  }

  private void done() {
    if (raid.now.millis() - notedAt >= NOTE_MILLIS && !raid.membership.isChanging()) {
      notedAt = raid.now.millis();
      term.noteLastTid(() -> {});
    }
    term.lock.release();
    checking = false;
    start();
  }

  private void ask(
      SortedSet<BackendName> inSync, SortedMap<BackendName, Link> links, boolean onceMore) {
    Gather<BackendName, Answer> gather =
        new Gather<>(links.size(), answers -> judge(inSync, answers, onceMore));
    links.forEach(
        (name, link) -> raid.links.lastTransaction(link, answer -> gather.put(name, answer)));
  }

  private void judge(
      SortedSet<BackendName> inSync, SortedMap<BackendName, Answer> answers, boolean onceMore) {
    SortedMap<BackendName, Tid> shown = new TreeMap<>();
    answers.forEach((name, answer) -> {
      switch (answer) {
        case Answer.Value(Object value) -> shown.put(name, Results.tid(value));
        case Answer.Failed failed ->
            term.office.close(name, "lastTransaction failed: " + Errors.describe(failed.error()));
        case Answer.Lost lost -> term.office.noteTrouble(name, lost);
      }
    });
    boolean lostOnTheWay = shown.size() < answers.size();
    if (lostOnTheWay && onceMore) {
      term.office.connectAll(inSync, links -> ask(inSync, links, false));
    } else if (shown.values().stream().anyMatch(tid -> !tid.equals(term.office.last))) {
      raid.warn(
          "the last transaction of the RAID is "
              + term.office.last
              + ", but the backends show "
              + shown
              + "; looking into it");
      term.takeOver.run(this::done);
    } else if (shown.size() < inSync.size()) {
      putOut(inSync, shown);
    } else {
      term.isCutOff(true);
      raid.explain("");
      done();
    }
  }

  private void putOut(SortedSet<BackendName> inSync, SortedMap<BackendName, Tid> shown) {
    SortedMap<BackendName, BackendState.Out> out = new TreeMap<>();
    for (BackendName name : inSync) {
      if (!shown.containsKey(name)) {
        out.put(name, new BackendState.Out(OutReason.FAILED, term.office.trouble(name)));
      }
    }
    if (shown.isEmpty()) {
      raid.explain("no in-sync backend can be reached: " + out);
      if (term.isCutOff(false)) {
        term.resign("no in-sync backend can be reached", term::isStillCutOff, () -> {});
      }
      done();
      return;
    }
    term.putOut.putOut(out, shown, put -> done());
  }
}
