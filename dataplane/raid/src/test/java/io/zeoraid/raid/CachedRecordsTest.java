package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** R5: which loads the cache answers, and what becomes of what it holds. */
final class CachedRecordsTest {
  private static final Oid ONE = new Oid(1);
  private static final Oid TWO = new Oid(2);

  /** Room for everything. */
  private static final class Space implements RecordCache {
    private final Map<Oid, Loaded> held = new HashMap<>();
    private int hits;
    private int misses;

    @Override
    public @Nullable Loaded get(Oid oid) {
      return held.get(oid);
    }

    @Override
    public void put(Oid oid, Loaded revision) {
      held.put(oid, revision);
    }

    @Override
    public void forgetSuperseded() {
      held.values().removeIf(revision -> revision.next() != null);
    }

    @Override
    public void clear() {
      held.clear();
    }

    @Override
    public void looked(boolean hit) {
      if (hit) {
        hits++;
      } else {
        misses++;
      }
    }
  }

  private final Space space = new Space();
  private final Raid raid = new Raid(TestSettings.of("a"), space, Set.of());
  private final CachedRecords cached = raid.cached;

  private static Tid tid(long value) {
    return new Tid(value);
  }

  private static Loaded current(long serial) {
    return new Loaded(new byte[] {1}, tid(serial), null);
  }

  private static Loaded old(long serial, long next) {
    return new Loaded(new byte[] {1}, tid(serial), tid(next));
  }

  private Optional<Tid> next(Oid oid) {
    return Optional.ofNullable(space.get(oid)).map(Loaded::next);
  }

  @Test
  void answersWhatIsAskedAfterTheSerialOfACurrentRevision() {
    Loaded loaded = current(5);
    cached.keep(ONE, loaded);
    assertSame(loaded, cached.find(ONE, tid(6)));
    assertSame(loaded, cached.find(ONE, Tid.MAX));
  }

  @Test
  void doesNotAnswerWhatIsAskedUpToItsSerial() {
    cached.keep(ONE, current(5));
    assertNull(cached.find(ONE, tid(5)));
    assertNull(cached.find(ONE, tid(4)));
  }

  @Test
  void answersUpToTheNextRevisionAndNotBeyond() {
    Loaded loaded = old(5, 8);
    cached.keep(ONE, loaded);
    assertSame(loaded, cached.find(ONE, tid(6)));
    assertSame(loaded, cached.find(ONE, tid(8)));
    assertNull(cached.find(ONE, tid(9)));
    assertNull(cached.find(ONE, Tid.MAX));
  }

  @Test
  void givesTheDataOfTheVeryRevisionThatItHolds() {
    Loaded loaded = old(5, 8);
    cached.keep(ONE, loaded);
    assertSame(loaded.data(), cached.data(ONE, tid(5)));
    assertNull(cached.data(ONE, tid(6)));
    assertNull(cached.data(TWO, tid(5)));
  }

  @Test
  void comparesTidsWithoutSign() {
    Loaded loaded = current(Long.MIN_VALUE);
    cached.keep(ONE, loaded);
    assertSame(loaded, cached.find(ONE, tid(Long.MIN_VALUE + 1)));
    assertNull(cached.find(ONE, Tid.MAX));
  }

  @Test
  void marksWhatIsAnnounced() {
    cached.keep(ONE, current(5));
    cached.keep(TWO, current(5));
    cached.changed(tid(7), List.of(ONE));
    assertEquals(Optional.of(tid(7)), next(ONE));
    assertEquals(Optional.empty(), next(TWO));
    assertNull(cached.find(ONE, tid(8)));
    assertEquals(tid(5), Optional.ofNullable(cached.find(ONE, tid(7))).orElseThrow().serial());
  }

  @Test
  void forgetsWhatAPackMayHaveTaken() {
    cached.keep(ONE, current(5));
    cached.keep(TWO, current(5));
    cached.changed(tid(7), List.of(ONE));
    cached.packed();
    assertNull(cached.find(ONE, tid(7)));
    assertEquals(tid(5), Optional.ofNullable(cached.find(TWO, tid(9))).orElseThrow().serial());
  }

  @Test
  void marksWithTheFirstTransactionThatChangedIt() {
    cached.keep(ONE, current(5));
    cached.changed(tid(7), List.of(ONE));
    cached.changed(tid(9), List.of(ONE));
    assertEquals(Optional.of(tid(7)), next(ONE));
  }

  @Test
  void marksInTheStepOfTheAnnouncementBeforeAnybodyIsTold() {
    cached.keep(ONE, current(5));
    raid.begin(
        new Now(0, 0, 0),
        effect -> {
          if (effect instanceof Effect.Announce) {
            assertNull(cached.find(ONE, tid(8)));
          }
        });
    raid.announce.announce(tid(7), List.of(ONE));
    assertEquals(Optional.of(tid(7)), next(ONE));
  }

  @Test
  void keepsTheNewerOfTwoRevisions() {
    Loaded newer = current(7);
    cached.keep(ONE, newer);
    cached.keep(ONE, old(5, 7));
    assertSame(newer, space.get(ONE));
    Loaded newest = current(9);
    cached.keep(ONE, newest);
    assertSame(newest, space.get(ONE));
  }

  @Test
  void keepsTheMarkOfWhatIsLoadedAgain() {
    cached.keep(ONE, current(5));
    cached.changed(tid(7), List.of(ONE));
    cached.keep(ONE, old(5, 7));
    assertEquals(Optional.of(tid(7)), next(ONE));
  }

  @Test
  void doesNotNoteThatAnObjectDoesNotExist() {
    cached.keep(ONE, null);
    assertNull(space.get(ONE));
  }

  @Test
  void holdsNothingAfterMissedAnnouncements() {
    cached.keep(ONE, current(5));
    raid.read.announcementsMissed();
    assertNull(cached.find(ONE, tid(6)));
  }

  @Test
  void countsHitsAndMisses() {
    cached.keep(ONE, old(5, 8));
    assertTrue(cached.find(ONE, tid(6)) != null);
    assertFalse(cached.find(ONE, tid(9)) != null);
    assertFalse(cached.find(TWO, tid(9)) != null);
    assertEquals(1, space.hits);
    assertEquals(2, space.misses);
  }

  @Test
  void findsNothingWithoutSpace() {
    RecordCache.NONE.put(ONE, current(5));
    assertNull(RecordCache.NONE.get(ONE));
  }
}
