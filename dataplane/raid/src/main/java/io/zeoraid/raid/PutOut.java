package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * R4, Put out: compare-and-set to {@code Out(reason)}, only if one of the remaining in-sync
 * backends is connected and showed a last tid that is recent enough. The last in-sync one is never
 * put out: no in-sync backend reachable means wait.
 */
final class PutOut {
  private final Term term;
  private final Raid raid;

  PutOut(Term term) {
    this.term = term;
    this.raid = term.raid;
  }

  /**
   * Puts backends out.
   *
   * @param why the reason for each; those that are out already are left alone
   * @param shown the last tid that each backend showed on its connection in office
   * @param done is told whether all of them are out now
   */
  void putOut(
      SortedMap<BackendName, BackendState.Out> why,
      SortedMap<BackendName, Tid> shown,
      Consumer<Boolean> done) {
    Tid need = needed();
    BooleanSupplier safe =
        () ->
            isSafe(
                term.record().inSync(),
                why.keySet(),
                shown,
                need,
                name -> term.office.link(name) != null);
    term.change(
        record -> {
          SortedMap<BackendName, BackendState> out = stillIn(record, why);
          return out.isEmpty() || !safe.getAsBoolean()
              ? Optional.empty()
              : Optional.of(record.with(out));
        },
        made -> done.accept(made || stillIn(term.record(), why).isEmpty()));
  }

  /**
   * What a remaining backend must have shown: in office all that was committed, at a take-over all
   * that is known to be.
   */
  private Tid needed() {
    return term.office.serving
        ? term.office.last
        : Tids.max(term.record().lastTid(), raid.announcements.last());
  }

  private static SortedMap<BackendName, BackendState> stillIn(
      MembershipRecord record, SortedMap<BackendName, BackendState.Out> why) {
    SortedMap<BackendName, BackendState> out = new TreeMap<>();
    why.forEach((name, state) -> {
      if (record.isInSync(name)) {
        out.put(name, state);
      }
    });
    return out;
  }

  /** R4's condition. */
  static boolean isSafe(
      SortedSet<BackendName> inSync,
      Set<BackendName> leaving,
      Map<BackendName, Tid> shown,
      Tid need,
      Predicate<BackendName> connected) {
    return inSync.stream()
        .anyMatch(name ->
            !leaving.contains(name)
                && connected.test(name)
                && !need.isAfter(shown.getOrDefault(name, Tid.NONE)));
  }
}
