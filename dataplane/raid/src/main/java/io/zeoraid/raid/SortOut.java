package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.OutReason;
import java.util.SortedMap;
import java.util.function.Consumer;

/**
 * R1.2 for unequal last tids: the backends with the highest one stay; the others lack transactions
 * if their last one is in the leader's log, and have diverged if not. A leader that does not hold
 * what is known to be committed may be a volume with another history: that is for a person to tell.
 */
final class SortOut {

  /** Who is to be put out. */
  sealed interface Result {
    record Out(SortedMap<BackendName, BackendState.Out> states) implements Result {}

    record Unknown(String why) implements Result {}

    record LossSuspected(String why) implements Result {}
  }

  private final Raid raid;
  private final SortedMap<BackendName, Tid> exact;
  private final TakeOver.Verdict.Unequal unequal;
  private final Tid known;
  private final Consumer<Result> done;
  private boolean over;

  /**
   * @param exact the exact last tids
   * @param known the last transaction with records that is known to be committed
   */
  SortOut(
      Raid raid,
      SortedMap<BackendName, Tid> exact,
      TakeOver.Verdict.Unequal unequal,
      Tid known,
      Consumer<Result> done) {
    this.raid = raid;
    this.exact = exact;
    this.unequal = unequal;
    this.known = known;
    this.done = done;
  }

  void begin() {
    if (known.equals(Tid.NONE)) {
      compareAll();
      return;
    }
    Contents.holds(
        raid,
        unequal.leader(),
        known,
        holds -> {
          if (holds.isEmpty()) {
            finish(new Result.Unknown("cannot read the log of " + unequal.leader()));
          } else if (holds.get()) {
            compareAll();
          } else {
            finish(new Result.LossSuspected(TakeOver.lacks(known, unequal.leader())));
          }
        });
  }

  private Tid lastOf(BackendName name) {
    return exact.getOrDefault(name, Tid.NONE);
  }

  private void finish(Result result) {
    if (!over) {
      over = true;
      done.accept(result);
    }
  }

  private void compareAll() {
    Gather<BackendName, BackendState.Out> gather =
        new Gather<>(unequal.behind().size(), found -> finish(new Result.Out(found)));
    for (BackendName name : unequal.behind()) {
      Tid tid = lastOf(name);
      if (tid.equals(Tid.NONE)) {
        gather.put(name, missing(tid));
      } else {
        Contents.compare(
            raid, unequal.leader(), name, tid, compared -> judge(gather, name, tid, compared));
      }
    }
  }

  private void judge(
      Gather<BackendName, BackendState.Out> gather,
      BackendName name,
      Tid tid,
      Contents.Comparison compared) {
    switch (compared) {
      case Contents.Comparison.Same same -> gather.put(name, missing(tid));
      case Contents.Comparison.Different different -> gather.put(name, diverged(tid));
      case Contents.Comparison.Unknown unknown ->
          finish(
              new Result.Unknown(
                  "cannot compare the last transaction of "
                      + name
                      + " with "
                      + unequal.leader()
                      + ": "
                      + unknown.why()));
    }
  }

  private BackendState.Out missing(Tid tid) {
    return new BackendState.Out(
        OutReason.MISSING,
        tid.equals(Tid.NONE)
            ? "it came back empty"
            : "its last transaction is "
                + tid
                + ", "
                + unequal.leader()
                + " has "
                + lastOf(unequal.leader()));
  }

  private BackendState.Out diverged(Tid tid) {
    return new BackendState.Out(
        OutReason.DIVERGED,
        "its last transaction "
            + tid
            + " is not in the log of "
            + unequal.leader()
            + "; it needs a fresh volume");
  }
}
