package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import io.zeoraid.raid.membership.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The record as one server knows it, and its compare-and-set, answer by answer. */
final class MembershipTest {
  private static final BackendName A = new BackendName("a");
  private static final BackendName B = new BackendName("b");
  private static final MembershipRecord FIRST =
      MembershipRecord.first(Map.of(A, BackendState.IN_SYNC, B, BackendState.IN_SYNC), Tid.NONE);
  private static final MembershipRecord WITHOUT_B =
      FIRST.with(Map.of(B, new BackendState.Out(OutReason.FAILED, "it broke")));
  private static final MembershipRecord WRITTEN = WITHOUT_B.nextRevision();

  private final List<Effect> effects = new ArrayList<>();
  private final List<Boolean> answers = new ArrayList<>();
  private final Raid raid = new Raid(TestSettings.of("a", "b"), RecordCache.NONE, Set.of());
  private final Membership membership = raid.membership;

  @BeforeEach
  void know() {
    raid.begin(new Now(0, 0, 0), effects::add);
    membership.create(FIRST, made -> {});
    membership.answered(
        write().request(), new Event.RecordWritten(write().request(), at(1, FIRST)));
    raid.settle();
    effects.clear();
  }

  private static Stored at(int version, MembershipRecord record) {
    return new Stored("v" + version, record);
  }

  private <T extends Effect> T last(Class<T> kind) {
    return effects.stream().filter(kind::isInstance).map(kind::cast).toList().getLast();
  }

  private Effect.WriteRecord write() {
    return last(Effect.WriteRecord.class);
  }

  private void answer(long request, Event event) {
    membership.answered(request, event);
    raid.settle();
  }

  private void putOutB() {
    membership.change(
        record -> record.isInSync(B) ? Optional.of(WITHOUT_B) : Optional.empty(), answers::add);
  }

  private void timers() {
    for (Effect effect : List.copyOf(effects)) {
      if (effect instanceof Effect.StartTimer timer) {
        effects.remove(effect);
        raid.timerFired(timer.timer());
      }
    }
    raid.settle();
  }

  /**
   * A reading and a compare-and-set may be answered in another order than they were carried out.
   */
  @Test
  void doesNotGoBackToWhatAReadingSawBeforeTheChange() {
    membership.read(new Scope(), answers::add);
    long reading = last(Effect.ReadRecord.class).request();
    putOutB();
    answer(write().request(), new Event.RecordWritten(write().request(), at(2, WRITTEN)));
    assertEquals(List.of(true), answers);
    answer(reading, new Event.RecordRead(reading, Optional.of(at(1, FIRST))));
    assertEquals(WRITTEN, membership.record());
    assertEquals(List.of(true, true), answers);
  }

  @Test
  void repeatsAChangeWithoutAnAnswerFromTheSameVersion() {
    putOutB();
    long first = write().request();
    answer(first, new Event.RecordUnanswered(first, "silence"));
    timers();
    Effect.WriteRecord second = write();
    assertTrue(second.request() > first);
    assertEquals(Optional.of("v1"), second.version());
    assertEquals(List.of(), answers);
    // The first one had been carried out.
    answer(second.request(), new Event.RecordRefused(second.request(), at(2, WRITTEN)));
    assertEquals(List.of(true), answers);
  }

  @Test
  void replacesAnUnansweredChangeWhoseReasonIsGoneByOneThatChangesNothing() {
    List<Boolean> reason = new ArrayList<>(List.of(true));
    membership.change(
        record -> reason.getFirst() ? Optional.of(WITHOUT_B) : Optional.empty(), answers::add);
    long first = write().request();
    answer(first, new Event.RecordUnanswered(first, "silence"));
    reason.set(0, false);
    timers();
    assertEquals(FIRST.nextRevision(), write().record());
    answer(
        write().request(), new Event.RecordWritten(write().request(), at(2, FIRST.nextRevision())));
    assertEquals(List.of(false), answers);
  }

  @Test
  void sendsAChangeThatHadToWaitOnlyIfItsReasonStillHolds() {
    putOutB();
    putOutB();
    long only = write().request();
    answer(only, new Event.RecordWritten(only, at(2, WRITTEN)));
    assertEquals(only, write().request());
    assertEquals(List.of(true, false), answers);
  }

  @Test
  void saysThatARefusedChangeWasNotMade() {
    putOutB();
    long only = write().request();
    answer(only, new Event.RecordRefused(only, at(2, FIRST.withNextOid(7).nextRevision())));
    assertEquals(List.of(false), answers);
    assertEquals(7, membership.record().nextOid());
  }

  /** In Kubernetes somebody may set a label: the record is the same, its version is not. */
  @Test
  void triesAgainIfOnlyTheVersionIsAnotherOne() {
    putOutB();
    long first = write().request();
    answer(first, new Event.RecordRefused(first, at(2, FIRST)));
    timers();
    assertEquals(Optional.of("v2"), write().version());
    answer(write().request(), new Event.RecordWritten(write().request(), at(3, WRITTEN)));
    assertEquals(List.of(true), answers);
  }

  @Test
  void believesAWatchOnlyIfItTellsSomethingNewer() {
    membership.watched(at(2, WRITTEN));
    assertEquals(WRITTEN, membership.record());
    membership.watched(at(1, FIRST));
    assertEquals(WRITTEN, membership.record());
  }

  /** Were it believed, two servers might each be primary by a record of their own. */
  @Test
  void doesNotBelieveARecordThatWentBack() {
    putOutB();
    answer(write().request(), new Event.RecordWritten(write().request(), at(2, WRITTEN)));
    answers.clear();
    membership.read(new Scope(), answers::add);
    long reading = last(Effect.ReadRecord.class).request();
    answer(reading, new Event.RecordRead(reading, Optional.of(at(1, FIRST))));
    assertEquals(List.of(), answers);
    assertTrue(membership.trouble().contains("went back"), membership.trouble());
    timers();
    long again = last(Effect.ReadRecord.class).request();
    answer(again, new Event.RecordRead(again, Optional.of(at(3, WRITTEN))));
    assertEquals(List.of(true), answers);
  }
}
