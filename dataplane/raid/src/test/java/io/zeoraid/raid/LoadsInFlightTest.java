package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** R5: which loads may share one call. */
final class LoadsInFlightTest {
  private final Oid oid = new Oid(1);

  @Test
  void correctsALoadThatJoinedLateByWhatWasAnnouncedSinceTheCall() {
    Raid raid = new Raid(TestSettings.of("a"), RecordCache.NONE, Set.of());
    LoadsInFlight loads = new LoadsInFlight(raid);
    Tid bound = new Tid(6);
    raid.announcements.add(new Tid(5), List.of());
    LoadsInFlight.Call call = loads.begin(new Question.Before(1, 1, oid, bound, 0), bound);
    raid.announcements.add(new Tid(7), List.of(oid));
    assertTrue(loads.join(new Question.Before(2, 2, oid, bound, 0), bound));
    assertEquals(2, call.questions.size());
    assertEquals(new Tid(7), Announcements.changedAfter(call.asked, oid));
    loads.end(call);
    assertFalse(loads.join(new Question.Before(3, 3, oid, bound, 0), bound));
  }

  @Test
  void letsNobodyJoinWhatCannotBeCorrectedAnyMore() {
    Raid raid = new Raid(TestSettings.of("a"), RecordCache.NONE, Set.of());
    LoadsInFlight loads = new LoadsInFlight(raid);
    Tid bound = new Tid(6);
    LoadsInFlight.Call call = loads.begin(new Question.Before(1, 1, oid, bound, 0), bound);
    loads.announcementsMissed();
    assertTrue(call.stale);
    assertFalse(loads.join(new Question.Before(2, 2, oid, bound, 0), bound));
    LoadsInFlight.Call another = loads.begin(new Question.Before(2, 2, oid, bound, 0), bound);
    loads.end(call);
    assertTrue(loads.join(new Question.Before(3, 3, oid, bound, 0), bound));
    assertEquals(2, another.questions.size());
  }
}
