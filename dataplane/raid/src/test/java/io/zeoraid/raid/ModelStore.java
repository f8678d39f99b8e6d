package io.zeoraid.raid;

import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The membership store: compare-and-set of the whole record, every change with a new version, even
 * one that changes nothing. A compare-and-set may stay without an answer, and be carried out all
 * the same, at once or much later.
 */
final class ModelStore {
  private static final long GIVEN_UP_MILLIS = 3000;

  private final World world;
  private final Scheduler scheduler;
  private @Nullable Stored stored;
  private long version;
  private int late;

  boolean up = true;

  /** How often a request of a kind goes astray. */
  double trouble;

  ModelStore(World world) {
    this.world = world;
    this.scheduler = world.scheduler;
  }

  Optional<MembershipRecord> record() {
    return Optional.ofNullable(stored).map(Stored::record);
  }

  /** How many compare-and-sets may still arrive. */
  int underway() {
    return late;
  }

  void read(long request, Consumer<Event> answer) {
    scheduler.after(
        scheduler.delay(),
        () -> {
          if (up) {
            Optional<Stored> found = Optional.ofNullable(stored);
            scheduler.after(
                scheduler.delay(), () -> answer.accept(new Event.RecordRead(request, found)));
          } else {
            scheduler.after(
                500, () -> answer.accept(new Event.RecordUnreadable(request, "no route to it")));
          }
        });
  }

  void write(
      long request, Optional<String> expected, MembershipRecord record, Consumer<Event> answer) {
    late++;
    if (scheduler.chance(trouble)) {
      scheduler.after(GIVEN_UP_MILLIS, () -> answer.accept(unanswered(request)));
      scheduler.after(
          scheduler.between(GIVEN_UP_MILLIS, 20_000), () -> carryOut(request, expected, record));
      return;
    }
    scheduler.after(
        scheduler.delay(),
        () -> {
          if (!up) {
            late--;
            scheduler.after(GIVEN_UP_MILLIS, () -> answer.accept(unanswered(request)));
            return;
          }
          Event event = carryOut(request, expected, record);
          if (scheduler.chance(trouble)) {
            scheduler.after(GIVEN_UP_MILLIS, () -> answer.accept(unanswered(request)));
          } else {
            scheduler.after(scheduler.delay(), () -> answer.accept(event));
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
    return new Event.RecordWritten(request, next);
  }
}
