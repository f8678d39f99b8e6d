package io.zeoraid.raid;

import java.util.ArrayList;
import java.util.List;

/**
 * R1, last paragraph, at the primary: who comes first after a take-over. A transaction that was
 * accepted under the former primary had its locks, so nothing was committed since; it is accepted
 * again, and its client never notices, if it is voted on before all others. At most one can be in
 * that state. So for a moment after the take-over, other transactions wait for it; that of a server
 * that needs longer to follow goes to the head of the queue when it comes, and may be too late.
 */
final class Resume {
  /** Long enough for a server that tries again every 200 ms ({@link FindPrimary}). */
  private static final long MOMENT_MILLIS = 300;

  private final Term term;
  private final List<Runnable> behind = new ArrayList<>();
  private boolean waiting = true;
  private boolean started;

  Resume(Term term) {
    this.term = term;
  }

  /** This server is in office; the moment begins, unless it began before. */
  void inOffice() {
    if (!started) {
      started = true;
      term.after(MOMENT_MILLIS, this::goOn);
    }
  }

  /**
   * Gives a transaction its turn.
   *
   * @param again whether it was accepted under the former primary
   * @param then runs with the commit lock
   */
  void turn(boolean again, Runnable then) {
    if (again) {
      term.lock.acquireFirst(then);
      goOn();
    } else if (waiting) {
      behind.add(then);
    } else {
      term.lock.acquire(then);
    }
  }

  private void goOn() {
    waiting = false;
    behind.forEach(term.lock::acquire);
    behind.clear();
  }
}
