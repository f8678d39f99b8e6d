package io.zeoraid.raid;

import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.status.RecoveryProgress;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * R6, Recover: which backend is recovered, and when. One at a time; a backend that failed or lacks
 * transactions unasked (unless the configuration says otherwise), any other one when an
 * administrator wishes it. {@link Recovery} is how.
 */
final class Recover {
  private static final long AGAIN_MILLIS = 1000;

  private final Term term;
  private final Raid raid;
  private final SortedSet<BackendName> wished = new TreeSet<>();

  /**
   * Backends whose recovery was tried lately, with the time from which on it may be tried again.
   */
  private final SortedMap<BackendName, Long> notBefore = new TreeMap<>();

  /** Backends that are not recovered unasked, because something about them needs a person. */
  private final SortedSet<BackendName> needsAPerson = new TreeSet<>();

  /** Why the last attempt came to nothing. */
  private final SortedMap<BackendName, String> troubles = new TreeMap<>();

  private @Nullable Recovery underway;
  private boolean timerRuns;

  Recover(Term term) {
    this.term = term;
    this.raid = term.raid;
  }

  /** Whether a backend may be, or may already have been, taken in just now. */
  boolean isTakingIn() {
    Recovery recovery = underway;
    return recovery != null && recovery.isTakingIn();
  }

  @Nullable RecoveryProgress progress(BackendName name) {
    Recovery recovery = underway;
    return recovery != null && recovery.target().equals(name) ? recovery.progress() : null;
  }

  /** Why the last attempt at this backend came to nothing; empty if there was none. */
  String trouble(BackendName name) {
    return troubles.getOrDefault(name, "");
  }

  /** An administrator wishes it. */
  void wish(BackendName name) {
    wished.add(name);
    needsAPerson.remove(name);
    notBefore.remove(name);
    wake();
  }

  void unwish(BackendName name) {
    wished.remove(name);
  }

  /** Something changed: is there something to recover? */
  void wake() {
    if (underway != null || !term.office.serving || term.pack.isPacking()) {
      return;
    }
    boolean later = false;
    for (Map.Entry<BackendName, BackendState> member : term.record().backends().entrySet()) {
      BackendName name = member.getKey();
      if (!recovers(name, member.getValue())) {
        continue;
      }
      if (notBefore.getOrDefault(name, Long.MIN_VALUE) > raid.now.millis()) {
        later = true;
        continue;
      }
      begin(name);
      return;
    }
    if (later && !timerRuns) {
      timerRuns = true;
      term.after(
          AGAIN_MILLIS,
          () -> {
            timerRuns = false;
            wake();
          });
    }
  }

  /** Whether one is under way. */
  boolean isUnderway() {
    return underway != null;
  }

  /** Whether a backend in this state is recovered, now or later, without anybody's doing. */
  boolean recovers(BackendName name, BackendState state) {
    return switch (state) {
      case BackendState.InSync inSync -> false;
      case BackendState.Recovering recovering -> true;
      case BackendState.Out out ->
          wished.contains(name)
              || (raid.settings.recoversByItself()
                  && out.reason().recoversByItself()
                  && !needsAPerson.contains(name));
    };
  }

  private void begin(BackendName name) {
    notBefore.put(name, raid.now.millis() + AGAIN_MILLIS);
    Recovery recovery = new Recovery(term, name, this::ended);
    underway = recovery;
    recovery.begin();
    raid.statusChanged();
  }

  private void ended(BackendName name, Recovery.End end) {
    underway = null;
    raid.statusChanged();
    switch (end) {
      case Recovery.End.InSync inSync -> {
        wished.remove(name);
        troubles.remove(name);
        raid.later(this::wake);
      }
      case Recovery.End.Later later -> {
        if (!later.why().equals(troubles.put(name, later.why())) && !later.why().isEmpty()) {
          raid.warn("recovery of " + name + " did not work out, trying again: " + later.why());
        }
        raid.later(this::wake);
      }
      case Recovery.End.Out out -> {
        if (out.needsAPerson()) {
          wished.remove(name);
          needsAPerson.add(name);
        }
        term.change(
            record ->
                record.backends().get(name) instanceof BackendState.Recovering
                    ? Optional.of(record.with(Map.of(name, out.state())))
                    : Optional.empty(),
            made -> wake());
      }
    }
  }
}
