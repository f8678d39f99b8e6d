package io.zeoraid.raid;

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
 * gone; one that had to wait is sent only if its reason still holds at that moment.
 */
final class Membership {
  private static final long REPEAT_MILLIS = 1000;

  /** A change: what it makes of the record (empty if its reason is gone), and who waits for it. */
  private record Change(
      Function<MembershipRecord, Optional<MembershipRecord>> next, Consumer<Boolean> done) {}

  private final Raid raid;
  private final Deque<Change> waiting = new ArrayDeque<>();
  private final Map<Long, Consumer<Event>> requests = new HashMap<>();
  private @Nullable Stored stored;

  /**
   * How often another version was learned: what was asked before, and comes after, may be older.
   */
  private long learned;

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

  String version() {
    return known().version();
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

  /**
   * Reads the record from the store.
   *
   * @param done is told whether there is one; the reading is repeated until the store answers
   */
  void read(Scope scope, Consumer<Boolean> done) {
    long request = raid.newNumber();
    long learnedBefore = learned;
    requests.put(
        request,
        event -> {
          switch (event) {
            case Event.RecordRead read -> {
              settled();
              if (learned != learnedBefore && !isKnownAs(read.stored())) {
                // Something else was learned since this was asked; nobody knows which is newer.
                raid.later(scope.guard(() -> read(scope, done)));
                return;
              }
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

  private boolean isKnownAs(Optional<Stored> answer) {
    return answer.map(Stored::version).equals(Optional.ofNullable(stored).map(Stored::version));
  }

  /** Writes the first record. */
  void create(MembershipRecord first, Consumer<Boolean> done) {
    write(Optional.empty(), first, new Change(record -> Optional.of(first), done));
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

  /**
   * Notes what is known to be committed by now. The fresher the record's {@code lastTid}, the more
   * it can tell about a volume that was replaced.
   *
   * @param done is called in any case
   */
  void noteLastTid(Runnable done) {
    change(
        record ->
            raid.announcements.lastWithRecords().isAfter(record.lastTid())
                ? Optional.of(record)
                : Optional.empty(),
        made -> done.run());
  }

  private void sendNext() {
    if (underway != null) {
      return;
    }
    Change change = waiting.poll();
    if (change == null) {
      return;
    }
    Optional<MembershipRecord> next = change.next().apply(record());
    if (next.isEmpty()) {
      raid.later(() -> change.done().accept(false));
      sendNext();
      return;
    }
    write(
        Optional.of(version()),
        next.get().withLastTid(raid.announcements.lastWithRecords()),
        change);
  }

  private void write(Optional<String> version, MembershipRecord record, Change change) {
    underway = change;
    long request = raid.newNumber();
    requests.put(request, event -> written(version, record, change, event));
    raid.emit(new Effect.WriteRecord(request, version, record));
  }

  private void written(
      Optional<String> version, MembershipRecord record, Change change, Event event) {
    switch (event) {
      case Event.RecordWritten written ->
          finish(version, written.stored(), change, written.stored().record().equals(record));
      // An earlier attempt that stayed without an answer may have been carried out: then the record
      // is ours.
      case Event.RecordRefused refused ->
          finish(version, refused.current(), change, refused.current().record().equals(record));
      case Event.RecordUnanswered unanswered -> {
        troubled("cannot write the membership record: " + unanswered.why());
        if (raid.keeps(Safeguard.REPEAT_UNANSWERED)) {
          raid.after(REPEAT_MILLIS, () -> repeat(version, record, change));
        } else {
          underway = null;
          raid.later(() -> change.done().accept(false));
          raid.later(this::sendNext);
        }
      }
      default -> throw new IllegalStateException("not an answer to a compare-and-set: " + event);
    }
  }

  private void repeat(Optional<String> version, MembershipRecord record, Change change) {
    Stored before = stored;
    boolean reasonHolds = before == null || change.next().apply(before.record()).isPresent();
    if (reasonHolds || before == null) {
      write(version, record, change);
    } else {
      write(
          version,
          before.record(),
          new Change(Optional::of, ignored -> change.done().accept(false)));
    }
  }

  private void finish(Optional<String> from, Stored now, Change change, boolean made) {
    settled();
    Stored known = stored;
    if (known != null && !from.equals(Optional.of(known.version()))) {
      // A reading overtook this answer: which of them is newer, only another reading can tell.
      if (!isKnownAs(Optional.of(now))) {
        read(new Scope(), found -> conclude(change, made));
        return;
      }
    }
    learn(now);
    conclude(change, made);
  }

  private void conclude(Change change, boolean made) {
    underway = null;
    raid.later(() -> change.done().accept(made));
    raid.later(this::sendNext);
  }

  private void learn(Stored now) {
    Stored before = stored;
    stored = now;
    if (before == null || !before.version().equals(now.version())) {
      learned++;
    }
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
