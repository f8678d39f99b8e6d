package io.zeoraid.simulation;

import io.zeoraid.raid.Event;
import io.zeoraid.raid.membership.Heartbeat;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The membership store: compare-and-set, with outages, answers that are lost, and requests that
 * arrive when their sender has long given them up; a watch that is late and misses some; and the
 * heartbeat.
 */
final class ModelStore {
  private static final long GIVEN_UP_MILLIS = 2000;

  private final World world;
  private final Scheduler scheduler;

  /** Whether it knows for certain that a process that beat is dead, as a file's lock does. */
  private final boolean knowsTheDead;

  private @Nullable Stored stored;
  private long version;
  private int late;
  private @Nullable RaidProcess beating;
  private long beats;

  boolean up = true;

  /** How often a request of a kind goes astray. */
  double trouble;

  ModelStore(World world, boolean knowsTheDead) {
    this.world = world;
    this.scheduler = world.scheduler;
    this.knowsTheDead = knowsTheDead;
  }

  Optional<MembershipRecord> record() {
    return Optional.ofNullable(stored).map(Stored::record);
  }

  /** How many compare-and-sets may still arrive. */
  int underway() {
    return late;
  }

  private boolean reaches(RaidProcess process) {
    return up && !world.network().isCut(process.slot, Network.STORE);
  }

  void read(RaidProcess from, long request) {
    scheduler.after(
        scheduler.delay(),
        () -> {
          if (reaches(from)) {
            Optional<Stored> found = Optional.ofNullable(stored);
            scheduler.after(
                scheduler.delay(), () -> from.deliver(new Event.RecordRead(request, found)));
          } else {
            scheduler.after(
                500, () -> from.deliver(new Event.RecordUnreadable(request, "no route to it")));
          }
        });
  }

  void write(RaidProcess from, long request, Optional<String> expected, MembershipRecord record) {
    late++;
    if (scheduler.chance(trouble)) {
      scheduler.after(GIVEN_UP_MILLIS, () -> from.deliver(unanswered(request)));
      scheduler.after(
          scheduler.between(GIVEN_UP_MILLIS, 20_000), () -> carryOut(request, expected, record));
      return;
    }
    scheduler.after(
        scheduler.delay(),
        () -> {
          if (!reaches(from)) {
            late--;
            scheduler.after(GIVEN_UP_MILLIS, () -> from.deliver(unanswered(request)));
            return;
          }
          Event event = carryOut(request, expected, record);
          if (scheduler.chance(trouble) || !reaches(from)) {
            scheduler.after(GIVEN_UP_MILLIS, () -> from.deliver(unanswered(request)));
          } else {
            scheduler.after(scheduler.delay(), () -> from.deliver(event));
          }
        });
  }

  private static Event unanswered(long request) {
    return new Event.RecordUnanswered(request, "no answer");
  }

  private Event carryOut(long request, Optional<String> expected, MembershipRecord record) {
    late--;
    Stored now = stored;
    if (!expected.equals(Optional.ofNullable(now).map(Stored::version))) {
      if (now == null) {
        throw new IllegalStateException("a record that was known can't vanish");
      }
      return new Event.RecordRefused(request, now);
    }
    version++;
    Stored next = new Stored("v" + version, record);
    stored = next;
    world.recordChanged(record);
    tellWatchers(next);
    return new Event.RecordWritten(request, next);
  }

  private void tellWatchers(Stored next) {
    for (RaidProcess process : world.raids()) {
      // The watch of a process that stands still mostly breaks, and begins anew with what is then.
      boolean standsStill = process.pausedUntil() > scheduler.now();
      if (process.isUp() && scheduler.chance(standsStill ? 0.1 : 0.5)) {
        scheduler.after(
            3 * scheduler.delay(),
            () -> {
              if (process.isUp() && reaches(process)) {
                process.deliver(new Event.RecordWatched(next));
              }
            });
      }
    }
  }

  // The heartbeat.

  void beat(RaidProcess from) {
    scheduler.after(
        scheduler.delay(),
        () -> {
          if (reaches(from) && from.isUp()) {
            beating = from;
            beats++;
          }
        });
  }

  void endBeats(RaidProcess from) {
    if (beating == from && knowsTheDead) {
      beating = null;
    }
  }

  void heartbeat(RaidProcess from, long request) {
    scheduler.after(
        scheduler.delay(),
        () -> {
          if (!reaches(from)) {
            from.deliver(new Event.HeartbeatUnreadable(request, "no route to it"));
            return;
          }
          RaidProcess of = beating;
          boolean silent = of == null || (knowsTheDead && !of.isUp());
          Heartbeat now =
              silent || of == null
                  ? new Heartbeat.Silent()
                  : new Heartbeat.Beating(of.id, Long.toString(beats));
          scheduler.after(
              scheduler.delay(), () -> from.deliver(new Event.HeartbeatRead(request, now)));
        });
  }
}
