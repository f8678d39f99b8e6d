package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class MembershipRecordTest {
  private static final BackendName A = new BackendName("a");
  private static final BackendName B = new BackendName("b");
  private static final BackendName C = new BackendName("c");
  private static final BackendState FAILED = new BackendState.Out(OutReason.FAILED, "it broke");
  private static final MembershipRecord FIRST =
      MembershipRecord.first(Map.of(A, BackendState.IN_SYNC, B, BackendState.IN_SYNC), Tid.NONE);

  @Test
  void beginsAtEpochOneWithoutAPrimary() {
    assertEquals(1, FIRST.epoch());
    assertEquals("", FIRST.primary());
    assertEquals(List.of(A, B), List.copyOf(FIRST.inSync()));
  }

  @Test
  void countsPrimariesFrom0To255AndAround() {
    MembershipRecord record = FIRST;
    for (int i = 1; i <= 256; i++) {
      record = record.takenOverBy("server" + i, "host:1");
      assertEquals(i % 256, record.number());
      assertEquals(1 + i, record.epoch());
    }
  }

  @Test
  void putsOutAndTakesInWithANewEpoch() {
    MembershipRecord without = FIRST.with(Map.of(B, FAILED));
    assertFalse(without.isInSync(B));
    assertEquals(2, without.epoch());
    assertTrue(without.with(Map.of(B, BackendState.IN_SYNC)).isInSync(B));
  }

  @Test
  void neverHasAnEmptyInSyncSet() {
    assertThrows(IllegalArgumentException.class, () -> FIRST.with(Map.of(A, FAILED, B, FAILED)));
    assertThrows(IllegalArgumentException.class, () -> FIRST.withMembers(new TreeSet<>(Set.of(C))));
  }

  @Test
  void refusesStrangers() {
    assertThrows(IllegalArgumentException.class, () -> FIRST.with(Map.of(C, FAILED)));
    assertFalse(FIRST.isInSync(C));
  }

  @Test
  void takesNewMembersAsMissing() {
    MembershipRecord more = FIRST.withMembers(new TreeSet<>(Set.of(A, C)));
    assertEquals(Set.of(A, C), more.backends().keySet());
    assertEquals("missing", more.backends().getOrDefault(C, FAILED).word());
    assertTrue(more.isInSync(A));
  }

  @Test
  void neverForgetsWhatWasCommitted() {
    MembershipRecord later = FIRST.withLastTid(new Tid(5));
    assertEquals(new Tid(5), later.lastTid());
    assertEquals(new Tid(5), later.withLastTid(new Tid(4)).lastTid());
    assertEquals(later.epoch(), later.withLastTid(new Tid(6)).epoch());
  }

  @Test
  void keepsTheEpochWhenOidsAreReserved() {
    assertEquals(FIRST.epoch(), FIRST.withNextOid(100).epoch());
    assertEquals(100, FIRST.withNextOid(100).nextOid());
  }
}
