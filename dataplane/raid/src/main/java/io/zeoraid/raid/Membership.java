package io.zeoraid.raid;

import io.zeoraid.raid.membership.Heartbeat;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The record as this server knows it, and its compare-and-set ("State" in {@code
 * docs/replication.md}): one change at a time; one that stays without an answer is repeated from
 * the same version until it is answered, or replaced by one that changes nothing if its reason is
 * gone; one that had to wait is sent only if its reason still holds at that moment. It outlives the
 * term in which a change was asked for.
 *
 * <p>R8: what needs a change waits for the store, all else goes on.
 */
final class Membership {
  private static final long REPEAT_MILLIS = 1000;
  private static final long LABELLED_MILLIS = 20;

  /** A change: what it makes of the record (empty if its reason is gone), and who waits for it. */
  private record Change(
      Function<MembershipRecord, Optional<MembershipRecord>> next, Consumer<Boolean> done) {}

  private final Raid raid;
  private final Deque<Change> waiting = new ArrayDeque<>();
  private final Map<Long, Consumer<Event>> requests = new HashMap<>();
  private @Nullable Stored stored;
  private @Nullable Change underway;
  private String trouble = "";

  Membership(Raid raid) {
    this.raid = raid;
  }

  boolean isKnown() {
    return stored != null;
  }

  MembershipRecord record() {
    return known().record();
  }

  /** Why the store does not answer; empty if it does. */
  String trouble() {
    return trouble;
  }

  /** Whether a change is under way whose fate is unknown. */
  boolean isChanging() {
    return underway != null;
  }

  private Stored known() {
    Stored known = stored;
    if (known == null) {
      throw new IllegalStateException("the membership record has not been read yet");
    }
    return known;
  }

  // Reading.

  /**
   * Reads the record from the store. What is known afterwards is at least as new as the store was
   * when this was asked.
   *
   * @param done is told whether there is one; the reading is repeated until the store answers
   */
  void read(Scope scope, Consumer<Boolean> done) {
    long request = raid.newNumber();
    long atLeast = stored == null ? 0 : record().revision();
    requests.put(
        request,
        event -> {
          switch (event) {
            case Event.RecordRead read when isOlder(read.stored(), atLeast) -> {
              troubled(
                  "the membership record went back from revision "
                      + atLeast
                      + ": was it deleted, or put back from a copy? Bring back the one that was");
              raid.after(REPEAT_MILLIS, scope.guard(() -> read(scope, done)));
            }
            case Event.RecordRead read -> {
              settled();
              read.stored().ifPresent(this::learn);
              raid.later(scope.guard(() -> done.accept(read.stored().isPresent())));
            }
            case Event.RecordUnreadable unreadable -> {
              troubled("cannot read the membership record: " + unreadable.why());
              raid.after(REPEAT_MILLIS, scope.guard(() -> read(scope, done)));
            }
            default -> throw new IllegalStateException("not an answer to a reading: " + event);
          }
        });
    raid.emit(new Effect.ReadRecord(request));
  }

  /**
   * A record only grows; one that is older than what was known before it was read is another one.
   */
  private static boolean isOlder(Optional<Stored> read, long atLeast) {
    return read.isPresent() && read.get().record().revision() < atLeast;
  }

  /** Somebody wrote a record; it may be an old one. */
  void watched(Stored seen) {
    if (stored == null || seen.record().revision() > record().revision()) {
      learn(seen);
    }
  }

  /**
   * Reads the primary's heartbeat.
   *
   * @param failed is told why it can't be read
   */
  void heartbeat(Scope scope, Consumer<Heartbeat> done, Consumer<String> failed) {
    long request = raid.newNumber();
    requests.put(
        request,
        event -> {
          switch (event) {
            case Event.HeartbeatRead read ->
                raid.later(scope.guard(() -> done.accept(read.heartbeat())));
            case Event.HeartbeatUnreadable unreadable ->
                raid.later(scope.guard(() -> failed.accept(unreadable.why())));
            default -> throw new IllegalStateException("not a heartbeat: " + event);
          }
        });
    raid.emit(new Effect.ReadHeartbeat(request));
  }

  // Changing.

  /** Writes the first record. */
  void create(MembershipRecord first, Consumer<Boolean> done) {
    write(null, first, new Change(record -> Optional.of(first), done));
  }

  /**
   * Changes the record.
   *
   * @param next what is to become of the record as it is when the change is sent; empty if there is
   *     no reason for it any more
   * @param done is told whether the change was made
   */
  void change(Function<MembershipRecord, Optional<MembershipRecord>> next, Consumer<Boolean> done) {
    waiting.add(new Change(next, done));
    sendNext();
  }

  private void sendNext() {
    if (underway != null) {
      return;
    }
    Change change = waiting.poll();
    if (change != null) {
      send(change);
    }
  }

  private void send(Change change) {
    Stored base = known();
    Optional<MembershipRecord> next = change.next().apply(base.record());
    if (next.isEmpty()) {
      conclude(change, false);
    } else {
      MembershipRecord fresh =
          next.get().withLastTid(raid.announcements.lastWithRecords()).nextRevision();
      write(base, fresh, change);
    }
  }

  private void write(@Nullable Stored base, MembershipRecord record, Change change) {
    underway = change;
    long request = raid.newNumber();
    requests.put(request, event -> written(base, record, change, event));
    Optional<String> version = base == null ? Optional.empty() : Optional.of(base.version());
    raid.emit(new Effect.WriteRecord(request, version, record));
  }

  private void written(@Nullable Stored base, MembershipRecord record, Change change, Event event) {
    switch (event) {
      case Event.RecordWritten written -> {
        settled();
        learn(written.stored());
        conclude(change, true);
      }
      case Event.RecordRefused refused -> {
        settled();
        MembershipRecord current = refused.current().record();
        learn(refused.current());
        if (base != null && current.equals(base.record())) {
          // Only what is not ours changed, such as a label: it has another version now.
          raid.after(LABELLED_MILLIS, () -> send(change));
        } else {
          // An earlier attempt that stayed without an answer may have been carried out: then the
          // record is ours.
          conclude(change, current.equals(record));
        }
      }
      case Event.RecordUnanswered unanswered -> {
        troubled("cannot write the membership record: " + unanswered.why());
        if (raid.keeps(Safeguard.REPEAT_UNANSWERED)) {
          raid.after(REPEAT_MILLIS, () -> repeat(base, record, change));
        } else {
          conclude(change, false);
        }
      }
      default -> throw new IllegalStateException("not an answer to a compare-and-set: " + event);
    }
  }

  private void repeat(@Nullable Stored base, MembershipRecord record, Change change) {
    if (base == null || change.next().apply(base.record()).isPresent()) {
      write(base, record, change);
    } else {
      // Its reason is gone: one that changes nothing takes its place, and makes sure that it never
      // arrives.
      write(
          base,
          base.record().nextRevision(),
          new Change(Optional::of, ignored -> change.done().accept(false)));
    }
  }

  private void conclude(Change change, boolean made) {
    underway = null;
    raid.later(() -> change.done().accept(made));
    raid.later(this::sendNext);
  }

  private void learn(Stored now) {
    Stored before = stored;
    if (before != null && before.record().revision() > now.record().revision()) {
      return;
    }
    stored = now;
    if (before == null || !before.record().equals(now.record())) {
      raid.recordChanged(Optional.ofNullable(before).map(Stored::record), now.record());
    }
  }

  /** An answer of the store. */
  void answered(long request, Event event) {
    Consumer<Event> continuation = requests.remove(request);
    if (continuation != null) {
      continuation.accept(event);
    }
  }

  private void troubled(String why) {
    if (!trouble.equals(why)) {
      trouble = why;
      raid.error(why + "; what needs a change of membership waits, all else goes on");
      raid.statusChanged();
    }
  }

  private void settled() {
    if (!trouble.isEmpty()) {
      trouble = "";
      raid.info("the membership store answers again");
      raid.statusChanged();
    }
  }
}
