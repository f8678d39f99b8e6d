package io.zeoraid.raid;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One commit at a time, as in ZEO; a check of the backends, a no-op, and the last step of a
 * recovery take the same turn.
 */
final class CommitLock {
  private final Term term;
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private boolean held;
  private long sinceWallMillis;

  CommitLock(Term term) {
    this.term = term;
  }

  int waiting() {
    return waiting.size();
  }

  /** When whoever has the lock got it, in milliseconds since 1970; 0 if nobody has it. */
  long sinceWallMillis() {
    return held ? sinceWallMillis : 0;
  }

  /** Runs this when it has the lock; it must release it. */
  void acquire(Runnable then) {
    if (held) {
      waiting.add(then);
    } else {
      held = true;
      later(then);
    }
  }

  /** As {@link #acquire}, but before all that wait. */
  void acquireFirst(Runnable then) {
    if (held) {
      waiting.addFirst(then);
    } else {
      acquire(then);
    }
  }

  void release() {
    Runnable next = waiting.poll();
    if (next == null) {
      held = false;
    } else {
      later(next);
    }
  }

  private void later(Runnable then) {
    sinceWallMillis = term.raid.now.wallMillis();
    term.raid.later(term.scope.guard(then));
  }
}
