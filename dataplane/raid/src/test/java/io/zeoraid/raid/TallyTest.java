package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.Ballot.Vote;
import io.zeoraid.raid.Tally.Decision;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.OutReason;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class TallyTest {
  private static final BackendName A = new BackendName("a");
  private static final BackendName B = new BackendName("b");
  private static final BackendName C = new BackendName("c");
  private static final Tid LAST = new Tid(7);
  private static final Vote YES = new Vote.Voted(LAST, List.of());
  private static final Vote LOST = new Vote.Lost("gone", false);
  private static final Vote DISK_FULL =
      new Vote.Refused(new RemoteError("builtins.OSError", List.of(28L)), LAST);

  private static Vote conflict(long oid) {
    return new Vote.Refused(
        new RemoteError("ZODB.POSException.ConflictError", Map.of("oid", new Oid(oid).toBytes())),
        LAST);
  }

  private static Decision count(Map<BackendName, Vote> votes) {
    return Tally.count(new TreeMap<>(votes), LAST, false, true);
  }

  private static Set<BackendName> out(SortedMap<BackendName, BackendState.Out> out) {
    return out.keySet();
  }

  @Test
  void goesOnIfAllVoted() {
    assertEquals(new Decision.Proceed(List.of(), new TreeMap<>()), count(Map.of(A, YES, B, YES)));
  }

  @Test
  void noticesThatSomebodyElseCommitted() {
    Vote other = new Vote.Voted(new Tid(8), List.of());
    assertInstanceOf(Decision.Mismatch.class, count(Map.of(A, YES, B, other)));
  }

  @Test
  void noticesAnotherLastTidEvenOfOneThatRefuses() {
    Vote other =
        new Vote.Refused(new RemoteError("ZODB.POSException.ConflictError", Map.of()), Tid.NONE);
    assertInstanceOf(Decision.Mismatch.class, count(Map.of(A, YES, B, other)));
  }

  @Test
  void putsOutWhoIsLostAsFailed() {
    var proceed = assertInstanceOf(Decision.Proceed.class, count(Map.of(A, LOST, B, YES)));
    assertEquals(Set.of(A), out(proceed.out()));
    assertEquals(OutReason.FAILED, proceed.out().firstEntry().getValue().reason());
  }

  @Test
  void putsOutWhoAloneCannotStoreAsFailed() {
    var proceed = assertInstanceOf(Decision.Proceed.class, count(Map.of(A, YES, B, DISK_FULL)));
    assertEquals(Set.of(B), out(proceed.out()));
    assertEquals(OutReason.FAILED, proceed.out().firstEntry().getValue().reason());
  }

  @Test
  void givesTheClientTheErrorIfNobodyCanStore() {
    var refuse = assertInstanceOf(Decision.Refuse.class, count(Map.of(A, DISK_FULL, B, DISK_FULL)));
    assertEquals("builtins.OSError", refuse.error().type());
    assertTrue(refuse.out().isEmpty());
    assertTrue(Tally.allFail(new TreeMap<>(Map.of(A, DISK_FULL, B, DISK_FULL))));
  }

  @Test
  void blamesNobodyIfAllAreLost() {
    assertInstanceOf(Decision.Nobody.class, count(Map.of(A, LOST, B, LOST)));
  }

  @Test
  void blamesNobodyIfOneIsLostAndTheOtherCannotStore() {
    assertInstanceOf(Decision.Nobody.class, count(Map.of(A, LOST, B, DISK_FULL)));
  }

  @Test
  void givesTheClientAConflictOnWhichAllAgree() {
    var refuse =
        assertInstanceOf(Decision.Refuse.class, count(Map.of(A, conflict(1), B, conflict(1))));
    assertTrue(refuse.out().isEmpty());
  }

  @Test
  void followsTheMajorityAndPutsTheOthersOutAsDiverged() {
    var proceed =
        assertInstanceOf(Decision.Proceed.class, count(Map.of(A, conflict(1), B, YES, C, YES)));
    assertEquals(Set.of(A), out(proceed.out()));
    assertEquals(OutReason.DIVERGED, proceed.out().firstEntry().getValue().reason());
  }

  @Test
  void followsTheFirstByNameInATie() {
    var refuse = assertInstanceOf(Decision.Refuse.class, count(Map.of(A, conflict(1), B, YES)));
    assertEquals(Set.of(B), out(refuse.out()));
  }

  @Test
  void tellsConflictsAboutDifferentObjectsApart() {
    var refuse =
        assertInstanceOf(Decision.Refuse.class, count(Map.of(A, conflict(1), B, conflict(2))));
    assertEquals(Set.of(B), out(refuse.out()));
  }

  @Test
  void tellsDifferentResolutionsApart() {
    Vote resolved = new Vote.Voted(LAST, List.of(new Oid(1)));
    var proceed = assertInstanceOf(Decision.Proceed.class, count(Map.of(A, resolved, B, YES)));
    assertEquals(List.of(new Oid(1)), proceed.resolved());
    assertEquals(Set.of(B), out(proceed.out()));
  }

  private static void assertRefusedAndNobodyOut(String type, Decision decision) {
    var refuse = assertInstanceOf(Decision.Refuse.class, decision);
    assertEquals(type, refuse.error().type());
    assertEquals(Set.of(), out(refuse.out()));
  }

  @Test
  void blamesNobodyForWhatOneCannotUndoBecauseItIsPacked() {
    String type = "ZODB.POSException.UndoError";
    Vote packed = new Vote.Refused(new RemoteError(type, List.of("non-undoable")), LAST);
    assertRefusedAndNobodyOut(type, count(Map.of(A, YES, B, packed)));
    assertRefusedAndNobodyOut(type, count(Map.of(A, YES, B, packed, C, YES)));
  }

  @Test
  void blamesNobodyForAConflictThatOneCannotResolve() {
    String type = "ZODB.POSException.ConflictError";
    byte[] tid = LAST.toBytes();
    Vote conflict =
        new Vote.Refused(
            new RemoteError(
                type, Map.of("oid", new Oid(1).toBytes(), "serials", List.of(tid, tid))),
            LAST);
    Vote resolved = new Vote.Voted(LAST, List.of(new Oid(1)));
    assertRefusedAndNobodyOut(type, count(Map.of(A, resolved, B, conflict)));
    Vote another = new Vote.Voted(LAST, List.of(new Oid(2)));
    assertEquals(
        Set.of(B),
        out(
            assertInstanceOf(Decision.Proceed.class, count(Map.of(A, another, B, conflict)))
                .out()));
  }

  @Test
  void blamesNobodyWhileOnlySomeArePacked() {
    var votes = new TreeMap<>(Map.of(A, YES, B, conflict(1), C, LOST));
    var refuse = assertInstanceOf(Decision.Refuse.class, Tally.count(votes, LAST, true, true));
    assertEquals(Set.of(C), out(refuse.out()));
  }

  @Test
  void triesAgainOnlyWhoFailed() {
    assertTrue(Tally.deservesAnotherTry(LOST));
    assertTrue(Tally.deservesAnotherTry(DISK_FULL));
    assertFalse(Tally.deservesAnotherTry(conflict(1)));
    assertFalse(Tally.deservesAnotherTry(YES));
  }
}
