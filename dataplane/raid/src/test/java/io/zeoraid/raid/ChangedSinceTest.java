package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which objects of a transaction are in conflict, by what was announced. */
final class ChangedSinceTest {
  private static final Oid A = new Oid(1);
  private static final Oid B = new Oid(2);
  private final Announcements announcements = new Announcements(2);

  @BeforeEach
  void announce() {
    announcements.beginAfter(new Tid(10));
    announcements.add(new Tid(11), List.of(A, B));
    announcements.add(new Tid(12), List.of(A));
    announcements.add(new Tid(13), LongStream.range(100, 200).mapToObj(Oid::new).toList());
    announcements.add(new Tid(14), List.of(A));
  }

  @Test
  void namesTheLastTransactionThatChangedWhatWasRead() {
    assertEquals(
        Map.of(A, new Tid(14)), announcements.changedSince(Map.of(A, new Tid(11), B, new Tid(11))));
  }

  @Test
  void whatWasReadLastIsCurrent() {
    assertEquals(Map.of(), announcements.changedSince(Map.of(A, new Tid(14), B, new Tid(11))));
  }

  @Test
  void reachesBackBeyondTheQueueForClients() {
    assertEquals(
        Map.of(A, new Tid(14), B, new Tid(11)),
        announcements.changedSince(Map.of(A, new Tid(9), B, new Tid(9))));
  }

  @Test
  void newObjectsAreInNoConflict() {
    assertEquals(Map.of(), announcements.changedSince(Map.of(A, Tid.NONE)));
  }
}
