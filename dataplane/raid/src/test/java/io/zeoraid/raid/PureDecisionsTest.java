package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The pure decisions of R2.1, R3, R4, R5. */
final class PureDecisionsTest {
  private static final BackendName A = new BackendName("a");
  private static final BackendName B = new BackendName("b");
  private static final Oid ONE = new Oid(1);
  private static final Oid TWO = new Oid(2);

  @Nested
  final class PuttingOut {
    private boolean isSafe(Set<BackendName> leaving, Map<BackendName, Tid> shown) {
      return PutOut.isSafe(new TreeSet<>(Set.of(A, B)), leaving, shown, new Tid(5), name -> true);
    }

    @Test
    void isSafeIfOneRemainsThatShowedWhatIsNeeded() {
      assertTrue(isSafe(Set.of(B), Map.of(A, new Tid(5))));
    }

    @Test
    void isUnsafeIfTheRemainingOneShowedLess() {
      assertFalse(isSafe(Set.of(B), Map.of(A, new Tid(4))));
    }

    @Test
    void isUnsafeIfTheRemainingOneShowedNothing() {
      assertFalse(isSafe(Set.of(B), Map.of()));
    }

    @Test
    void isUnsafeIfNoneRemains() {
      assertFalse(isSafe(Set.of(A, B), Map.of(A, new Tid(5), B, new Tid(5))));
    }

    @Test
    void isUnsafeIfTheRemainingOneIsNotConnectedAnyMore() {
      assertFalse(
          PutOut.isSafe(
              new TreeSet<>(Set.of(A, B)),
              Set.of(B),
              Map.of(A, new Tid(5)),
              new Tid(5),
              name -> false));
    }
  }

  @Nested
  final class CorrectingReads {
    private final Announcements announcements = new Announcements(10);

    private Loaded loaded(Tid next) {
      return new Loaded(new byte[0], new Tid(3), next);
    }

    @Test
    void leavesAnAnnouncedNextAlone() {
      announcements.add(new Tid(5), List.of(ONE));
      Loaded loaded = loaded(new Tid(5));
      assertSame(loaded, Read.corrected(loaded, ONE, announcements.newest()));
    }

    @Test
    void hidesANextThatIsNotAnnounced() {
      announcements.add(new Tid(5), List.of(ONE));
      Loaded corrected = Read.corrected(loaded(new Tid(7)), ONE, announcements.newest());
      assertEquals(Optional.empty(), Optional.ofNullable(corrected).map(Loaded::next));
    }

    @Test
    void addsANextThatWasAnnouncedMeanwhile() {
      announcements.add(new Tid(5), List.of(TWO));
      Announcements.Entry asked = announcements.newest();
      announcements.add(new Tid(6), List.of(TWO));
      announcements.add(new Tid(7), List.of(ONE));
      announcements.add(new Tid(8), List.of(ONE));
      Loaded corrected = Read.corrected(new Loaded(new byte[0], new Tid(3), null), ONE, asked);
      assertEquals(Optional.of(new Tid(7)), Optional.ofNullable(corrected).map(Loaded::next));
    }

    @Test
    void staysCurrentIfOthersChanged() {
      announcements.add(new Tid(5), List.of(TWO));
      Announcements.Entry asked = announcements.newest();
      announcements.add(new Tid(6), List.of(TWO));
      Loaded loaded = new Loaded(new byte[0], new Tid(3), null);
      assertSame(loaded, Read.corrected(loaded, ONE, asked));
    }

    @Test
    void leavesNoRevisionAlone() {
      assertNull(Read.corrected(null, ONE, announcements.newest()));
    }
  }

  @Nested
  final class Announcing {
    private final Announcements announcements = new Announcements(2);

    @Test
    void tellsWhatChangedSince() {
      announcements.beginAfter(new Tid(1));
      announcements.add(new Tid(2), List.of(ONE));
      announcements.add(new Tid(3), List.of(TWO, ONE));
      assertEquals(Optional.of(List.of(ONE, TWO)), announcements.since(new Tid(1)));
      assertEquals(Optional.of(List.of(ONE, TWO)), announcements.since(new Tid(2)));
      assertEquals(Optional.of(List.of()), announcements.since(new Tid(3)));
    }

    @Test
    void doesNotKnowWhatFellOutOfTheQueue() {
      announcements.beginAfter(new Tid(1));
      announcements.add(new Tid(2), List.of(ONE));
      announcements.add(new Tid(3), List.of());
      announcements.add(new Tid(4), List.of(TWO));
      assertEquals(Optional.empty(), announcements.since(new Tid(1)));
      assertEquals(Optional.of(List.of(TWO)), announcements.since(new Tid(2)));
    }

    @Test
    void refusesToGoBack() {
      announcements.add(new Tid(2), List.of());
      assertThrows(IllegalStateException.class, () -> announcements.add(new Tid(2), List.of()));
    }

    @Test
    void tellsTheLastOneWithRecordsFromANoOp() {
      announcements.add(new Tid(2), List.of(ONE));
      announcements.add(new Tid(3), List.of());
      assertEquals(new Tid(3), announcements.last());
      assertEquals(new Tid(2), announcements.lastWithRecords());
    }
  }

  @Nested
  final class ChoosingTids {
    private static final long MILLIS = 1_760_000_000_000L;
    private final Tids tids = new Tids();

    private static Now at(long wallMillis) {
      return new Now(wallMillis * 1000, 0, 0);
    }

    @Test
    void endsWithThePrimarysNumber() {
      Tid tid = tids.choose(at(MILLIS), Tid.NONE, 0xab);
      assertEquals(0xab, tid.value() & 0xff);
    }

    @Test
    void isLaterThanTheLastOneThoughTheClockIsBehind() {
      Tid last = Tids.ofMillis(MILLIS + 1_000_000);
      Tid tid = tids.choose(at(MILLIS), last, 0);
      assertTrue(tid.isAfter(last));
    }

    @Test
    void isLaterThanTheLastOneOfAGreaterNumber() {
      Tid last = new Tid(Tids.ofMillis(MILLIS).value() | 0xff);
      Tid tid = tids.choose(at(MILLIS), last, 1);
      assertTrue(tid.isAfter(last));
      assertEquals(1, tid.value() & 0xff);
    }

    @Test
    void neverChoosesOneTwice() {
      Tid first = tids.choose(at(MILLIS), Tid.NONE, 3);
      Tid second = tids.choose(at(MILLIS), Tid.NONE, 3);
      Tid third = tids.choose(at(MILLIS - 5000), Tid.NONE, 3);
      assertTrue(second.isAfter(first));
      assertTrue(third.isAfter(second));
    }

    @Test
    void isLaterThanWhatItWasTold() {
      Tid told = Tids.ofMillis(MILLIS + 1_000_000);
      tids.notBefore(told);
      assertTrue(tids.choose(at(MILLIS), Tid.NONE, 0).isAfter(told));
    }

    @Test
    void choosesCloseBehindIfToldSo() {
      assertEquals(new Tid(0x103), tids.chooseBehind(Tid.NONE, 3));
      assertEquals(new Tid(0x203), tids.chooseBehind(Tid.NONE, 3));
      assertEquals(new Tid(0x504), tids.chooseBehind(new Tid(0x4ff), 4));
    }

    @Test
    void takesAClientsTidThatIsLaterThanTheLastTransaction() {
      assertEquals(Optional.empty(), tids.objection(new Tid(0x501), new Tid(0x500)));
      for (Tid early : new Tid[] {new Tid(0x500), new Tid(0x4ff), Tid.NONE}) {
        assertEquals(
            Optional.of("it is not later than the last transaction, 0000000000000500"),
            tids.objection(early, new Tid(0x500)));
      }
    }

    /** After a tid at the end there would be no other. */
    @Test
    void takesNoClientsTidAtTheEndOfTime() {
      for (Tid late : new Tid[] {new Tid(0x7d00_0000_0000_0000L), Tid.MAX, new Tid(-1)}) {
        assertEquals(
            Optional.of("it leaves no room for later ones"), tids.objection(late, Tid.NONE));
      }
      Tid latest = new Tid(0x7cff_ffff_ffff_ffffL);
      assertEquals(Optional.empty(), tids.objection(latest, Tid.NONE));
      assertTrue(tids.choose(at(MILLIS), latest, 0).isAfter(latest));
    }

    /** Whether what was chosen and not committed yet ever will be, somebody may still ask. */
    @Test
    void takesNoClientsTidThatItChoseForAnotherTransaction() {
      Tid first = tids.choose(at(MILLIS), Tid.NONE, 3);
      Tid second = tids.choose(at(MILLIS), Tid.NONE, 3);
      for (Tid chosen : new Tid[] {first, second}) {
        assertEquals(
            Optional.of("it was chosen for another transaction"), tids.objection(chosen, Tid.NONE));
      }
      assertEquals(Optional.empty(), tids.objection(new Tid(first.value() + 1), Tid.NONE));
    }

    @Test
    void aMicrosecondBeforeATidIsLaterThanTheOneBefore() {
      for (int i = 0; i < 100_000; i++) {
        Tid before = tids.choose(at(MILLIS + i / 300), Tid.NONE, 3);
        Tid next = tids.choose(at(MILLIS + i / 300), Tid.NONE, 3);
        Tid between = Tids.ofSeconds(Tids.toSeconds(next) - 1e-6);
        assertTrue(between.isAfter(before) && next.isAfter(between), before + " " + next);
      }
    }

    @Test
    void followsTheTimeOfDay() {
      for (long millis = MILLIS; millis < MILLIS + 400L * 86_400_000; millis += 12_345_678_901L) {
        assertEquals(millis, Tids.toMillis(Tids.ofMillis(millis)), 2.0);
      }
    }
  }
}
