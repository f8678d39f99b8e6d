package io.zeoraid.simulation;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which in-sync volumes were damaged by a fault and not yet found out: the promises do not speak of
 * them until they are put out, or until they take in a new commit as if nothing had happened.
 */
final class Damage {
  /** A volume that is lost while its backend is being taken in: nobody can know. */
  private static final long JUST_NOW_MILLIS = 25_000;

  /** The last copy was lost within one compare-and-set: no protocol can help. */
  static final class AllCopiesLost extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** A script takes away the last copy on purpose. */
  boolean mayLoseAll;

  private final World world;
  private final SortedSet<BackendName> damaged = new TreeSet<>();
  private final SortedMap<BackendName, Long> replacedAt = new TreeMap<>();
  private SortedSet<BackendName> inSync = new TreeSet<>();
  private Tid announced = Tid.NONE;

  Damage(World world) {
    this.world = world;
  }

  boolean isDamaged(BackendName name) {
    return damaged.contains(name);
  }

  boolean isAny() {
    return !damaged.isEmpty();
  }

  void replaced(BackendName name) {
    replacedAt.put(name, world.scheduler.now());
    if (inSync.contains(name)) {
      damaged.add(name);
      check();
    }
  }

  void announced(Tid tid) {
    announced = World.later(announced, tid);
  }

  /**
   * It counts as sound again.
   *
   * @return whether it did not before
   */
  boolean forget(BackendName name) {
    return damaged.remove(name);
  }

  void recordChanged(MembershipRecord record) {
    SortedSet<BackendName> now = record.inSync();
    damaged.retainAll(now);
    for (BackendName name : now) {
      long since = world.scheduler.now() - replacedAt.getOrDefault(name, Long.MIN_VALUE / 2);
      if (!inSync.contains(name)
          && since < JUST_NOW_MILLIS
          && announced.isAfter(world.server(name).volume.lastTid())) {
        damaged.add(name);
      }
    }
    inSync = now;
    check();
  }

  private void check() {
    if (!mayLoseAll && !inSync.isEmpty() && damaged.containsAll(inSync)) {
      throw new AllCopiesLost();
    }
  }
}
