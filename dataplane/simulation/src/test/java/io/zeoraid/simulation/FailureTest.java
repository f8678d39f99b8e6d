package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.membership.OutReason;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What becomes of commits when backends fail (R2, R4), step by step. */
final class FailureTest {
  private final Story story = Story.serving(2);

  @Test
  void commitsOnAll() {
    story.committed();
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void goesOnWithoutABackendThatIsGone() {
    story.server("b").crash();
    story.committed();
    assertEquals(OutReason.FAILED, story.reason("b"));
    story.server("b").restart();
    story.untilInSync("b");
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void goesOnWithoutABackendThatIsKilledBetweenVoteAndFinish() {
    Story.Tx tx = story.vote().untilVoted();
    story.server("a").crash();
    assertTrue(tx.finish().isCommitted());
    assertEquals(OutReason.FAILED, story.reason("a"));
  }

  @Test
  void goesOnWithoutABackendThatIsKilledDuringFinish() {
    Story.Tx tx = story.vote().untilVoted().finish();
    story.untilFinishIsSent();
    story.server("b").crash();
    assertTrue(tx.isCommitted());
    story.server("b").restart();
    story.untilInSync("b");
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void goesOnWithoutABackendThatHangs() {
    story.server("b").hang(60_000, 1500);
    long before = story.world.scheduler.now();
    story.committed();
    assertTrue(story.world.scheduler.now() - before < 10_000);
    assertEquals(OutReason.FAILED, story.reason("b"));
    story.untilInSync("b");
  }

  @Test
  void noticesADeadBackendWithoutCommits() {
    story.server("b").crash();
    story.until(() -> !story.isInSync("b"));
    assertEquals(OutReason.FAILED, story.reason("b"));
  }

  @Test
  void keepsABackendWhoseConnectionsBreakAndComeBack() {
    story.world.raid().wires().forEach(Wire::cut);
    story.committed();
    assertTrue(story.isInSync("a") && story.isInSync("b"));
  }

  @Test
  void goesOnWithoutABackendWhoseDiskIsFull() {
    story.server("b").diskFull = true;
    story.committed();
    assertFalse(story.isInSync("b"));
    story.server("b").diskFull = false;
    story.untilInSync("b");
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void tellsTheClientIfAllDisksAreFullAndPutsNobodyOut() {
    story.server("a").diskFull = true;
    story.server("b").diskFull = true;
    var failed = assertInstanceOf(ClientReply.Failed.class, story.commit(story.client));
    assertEquals("builtins.OSError", failed.error().type());
    assertTrue(story.isInSync("a") && story.isInSync("b"));
    story.server("a").diskFull = false;
    story.server("b").diskFull = false;
    story.committed();
  }

  @Test
  void tellsTheClientOfAConflict() {
    story.committed();
    Oid oid = story.server("a").volume.log().getLast().records().firstKey();
    var failed = assertInstanceOf(ClientReply.Failed.class, story.vote(oid, Tid.NONE).outcome());
    assertEquals("ZODB.POSException.ConflictError", failed.error().type());
    assertTrue(story.isInSync("a") && story.isInSync("b"));
  }

  @Test
  void putsOutWhoFindsAConflictThatTheOthersDoNot() {
    Story three = Story.serving(3);
    Tid serial = three.committed();
    Oid oid = three.server("a").volume.log().getLast().records().firstKey();
    three.server("a").quarrelsomeAbout = oid;
    assertTrue(three.vote(oid, serial).untilVoted().finish().isCommitted());
    assertEquals(OutReason.DIVERGED, three.reason("a"));
  }

  /** F7: the finish of a connection that is gone arrives while its backend is recovered. */
  @Test
  void isNotMisledByAFinishThatArrivesLate() {
    Story slow = new Story(new World.Options(3, 1, 2, 20, 0, 0, 100, false, true, true, Set.of()));
    slow.start();
    Story.Tx tx = slow.vote().untilVoted();
    slow.world.run(500);
    tx.finish();
    slow.untilFinishIsSent();
    slow.world.raid().wires().stream()
        .filter(wire -> wire.farEnd == slow.server("b"))
        .forEach(wire -> wire.cutLeaving(4000));
    assertTrue(tx.isCommitted());
    assertFalse(slow.isInSync("b"));
    slow.committed();
    assertTrue(slow.server("b").isLocked());
    slow.untilInSync("b");
    assertEquals(slow.log("a"), slow.log("b"));
  }

  @Test
  void letsTheLogTellIfNobodyConfirms() {
    Story.Tx tx = story.vote().untilVoted().finish();
    story.untilFinishIsSent();
    story.world.run(2);
    story.server("a").crash();
    story.server("b").crash();
    story.world.run(3000);
    story.server("a").restart();
    story.server("b").restart();
    boolean told = tx.isCommitted();
    story.untilInSync("a");
    story.untilInSync("b");
    assertEquals(
        told, story.log("a").stream().anyMatch(line -> line.contains(" client1-1 ")), "the truth");
    story.committed();
    story.untilInSync("a");
    story.untilInSync("b");
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void stallsWithoutTheLastInSyncBackendUntilItIsBack() {
    story.server("b").crash();
    story.committed();
    story.server("a").crash();
    Story.Tx tx = story.vote(story.client);
    story.world.run(3000);
    assertTrue(tx.vote == null);
    story.server("b").restart();
    story.world.run(2000);
    assertFalse(story.isInSync("b"));
    story.server("a").restart();
    assertTrue(tx.untilVoted().finish().isCommitted());
    story.untilInSync("b");
  }

  @Test
  void dropsAClientThatHoldsTheLocksTooLong() {
    ModelClient slow = story.anotherClient();
    Story.Tx tx = story.vote(slow).untilVoted();
    assertTrue(tx.isVoted());
    story.committed();
    assertTrue(story.world.trace().stream().anyMatch(line -> line.contains("DropClient")));
  }

  @Test
  void releasesTheLocksOfAClientThatLeaves() {
    ModelClient other = story.anotherClient();
    story.vote(other).untilVoted();
    other.disconnect();
    long before = story.world.scheduler.now();
    story.committed();
    assertTrue(story.world.scheduler.now() - before < 1000);
  }

  @Test
  void adoptsWhatSomebodyElseCommittedPastTheRaid() {
    Tid last = story.committed();
    story.server("b").outsiderCommits(new Tid(last.value() + 256), new Oid(99), "outsider");
    story.until(() -> story.log("a").stream().anyMatch(line -> line.contains("outsider")));
    story.untilInSync("a");
    assertEquals(story.log("b"), story.log("a"));
  }
}
