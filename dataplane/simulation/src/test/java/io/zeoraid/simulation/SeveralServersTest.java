package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.membership.OutReason;
import io.zeoraid.raid.status.RaidStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two servers on the same backends: who is primary, and what a client of the other one sees. */
final class SeveralServersTest {
  private static final World.Options TWO =
      new World.Options(1, 2, 2, 2, 0, 0, 100, false, true, true, Set.of());

  private final Story story = new Story(TWO);
  private RaidProcess primary = story.world.raid();
  private RaidProcess secondary = primary;
  private ModelClient atSecondary = story.client;

  @BeforeEach
  void start() {
    story.start();
    story.until(() -> story.world.raids().stream().allMatch(r -> r.core().status().serving()));
    primary = story.world.primary().orElseThrow();
    secondary = story.world.raids().stream().filter(r -> r != primary).findFirst().orElseThrow();
    atSecondary = story.world.newClient(secondary.slot);
    atSecondary.connect();
    story.until(atSecondary::isReady);
  }

  private void untilPrimary(RaidProcess raid) {
    story.until(() ->
        story.world.primary().filter(raid::equals).isPresent() && raid.core().status().serving());
  }

  @Test
  void commitsThroughASecondaryAndTellsEverybody() {
    Story.Tx tx = story.vote(atSecondary).untilVoted().finish();
    assertTrue(tx.isCommitted());
    ModelClient other = story.world.newClient(primary.slot);
    other.connect();
    story.until(other::isReady);
    assertEquals(atSecondary.last(), other.last());
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void readsFromTheBackendsItself() {
    Tid serial = story.committed(atSecondary);
    Oid oid = story.server("a").volume.log().getLast().records().firstKey();
    primary.pause(20_000, 60_000);
    List<Tid> read = new ArrayList<>();
    atSecondary.load(oid, read::add);
    story.until(() -> !read.isEmpty());
    assertEquals(serial, read.getFirst());
  }

  /** Who watches the status hears of it, and need not ask. */
  @Test
  void tellsWhenItServes() {
    story.until(() -> story.world.raids().stream().allMatch(RaidProcess::isToldToServe));
    primary.crash();
    story.until(() -> !secondary.isToldToServe());
    story.until(secondary::isToldToServe);
  }

  /** Nothing is wrong with the RAID: nobody is to be alarmed. */
  @Test
  void onlyWaitsUntilThereIsAPrimaryAgain() {
    primary.crash();
    story.until(() -> !secondary.core().status().serving());
    story.until(() -> !secondary.core().status().waiting());
    RaidStatus status = secondary.core().status();
    assertTrue(status.serving(), status.toString());
  }

  @Test
  void doesMoreThanWaitIfNoBackendCanBeReachedEither() {
    primary.crash();
    story.server("a").crash();
    story.server("b").crash();
    story.until(() -> secondary.core().status().detail().contains("no in-sync backend"));
    // It looks for the primary again and again meanwhile.
    for (int i = 0; i < 500; i++) {
      assertFalse(secondary.core().status().waiting(), secondary.core().status().toString());
      story.world.run(10);
    }
    story.server("a").restart();
    story.server("b").restart();
    untilPrimary(secondary);
    assertFalse(secondary.core().status().waiting());
  }

  @Test
  void takesOverWhenThePrimaryIsKilled() {
    primary.crash();
    long killed = story.world.scheduler.now();
    untilPrimary(secondary);
    assertTrue(story.world.scheduler.now() - killed < 1500);
    story.committed(atSecondary);
  }

  /** Half of the voted transactions of a dead primary are not half a commit. */
  @Test
  void replaysAVotedTransactionUnseen() {
    Story.Tx tx = story.vote(atSecondary).untilVoted();
    primary.crash();
    untilPrimary(secondary);
    assertTrue(tx.finish().isCommitted());
    assertEquals(1, committedBy(tx));
  }

  @Test
  void replaysATransactionWhoseFinishWasLostWithThePrimary() {
    Story.Tx tx = story.vote(atSecondary).untilVoted();
    tx.finish();
    primary.crash();
    assertTrue(tx.isCommitted());
    assertEquals(1, committedBy(tx));
  }

  @Test
  void findsInTheLogWhatTheDeadPrimaryHadFinished() {
    Story.Tx tx = story.vote(atSecondary).untilVoted();
    tx.finish();
    story.untilFinishIsSent();
    story.world.run(3);
    primary.crash();
    assertTrue(tx.isCommitted());
    assertEquals(1, committedBy(tx));
  }

  private long committedBy(Story.Tx tx) {
    story.untilInSync(
        "a"); // it may have been put out for not letting go of the dead primary's lock
    return story.log("a").stream().filter(line -> line.contains(tx.name() + " ")).count();
  }

  @Test
  void handsOverWithoutAnErrorWhenThePrimaryIsToldToStop() {
    Story.Tx tx = story.vote(atSecondary).untilVoted();
    boolean[] stopped = new boolean[1];
    primary.stop(1000, () -> stopped[0] = true);
    untilPrimary(secondary);
    assertTrue(tx.finish().isCommitted());
    assertTrue(atSecondary.isReady());
    story.until(() -> stopped[0]);
  }

  /** A primary that is cut off from everybody but a backend does not commit on that alone. */
  @Test
  void letsOnlyOneGoOnWhenEachIsCutOffFromTheOthersBackend() {
    story.world.network().cut(primary.slot, "b", 30_000);
    story.world.network().cut(secondary.slot, "a", 30_000);
    story.world.network().cut(primary.slot, secondary.slot, 30_000);
    ModelClient atPrimary = story.world.newClient(primary.slot);
    atPrimary.connect();
    story.world.run(15_000);
    boolean first = primary.core().status().serving();
    boolean second = secondary.core().status().serving();
    assertTrue(first ^ second, "serving: " + first + ", " + second);
    story.world.run(20_000);
    story.untilInSync("a");
    story.untilInSync("b");
    story.until(() -> atSecondary.isReady() && atPrimary.isReady());
    story.committed(atSecondary);
    story.committed(atPrimary);
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void keepsItsPrimaryWhenASecondaryIsCutOffFromIt() {
    story.world.network().cut(primary.slot, secondary.slot, 5000);
    story.world.run(4000);
    assertEquals(primary, story.world.primary().orElseThrow());
    story.until(() -> secondary.core().status().serving());
    story.committed(atSecondary);
  }

  @Test
  void takesOverFromAPrimaryThatReachesNoBackend() {
    story.world.network().cut(primary.slot, "a", 20_000);
    story.world.network().cut(primary.slot, "b", 20_000);
    untilPrimary(secondary);
    story.committed(atSecondary);
  }

  /** Backend a is not told of the end of the primary's connections, and keeps its lock for one. */
  private void leaveHalfOpen() {
    primary.wires().stream()
        .filter(wire -> wire.farEnd == story.server("a"))
        .toList()
        .forEach(wire -> wire.leaveHalfOpen(600_000));
  }

  /** Backend a. */
  private void isOutUntilItIsRestarted() {
    assertFalse(story.isInSync("a"));
    story.server("a").crash();
    story.server("a").restart();
    story.untilInSync("a");
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void takesOverWithoutABackendWhoseLockADeadPrimaryLeft() {
    Story.Tx tx = story.vote(atSecondary).untilVoted();
    leaveHalfOpen();
    primary.crash();
    tx.finish();
    assertTrue(tx.isCommitted());
    isOutUntilItIsRestarted();
  }

  @Test
  void commitsWithoutABackendWhoseLockAnEarlierConnectionHolds() {
    Story.Tx tx = story.vote(atSecondary).untilVoted();
    leaveHalfOpen();
    tx.finish();
    assertTrue(tx.isCommitted());
    story.committed(atSecondary);
    isOutUntilItIsRestarted();
  }

  @Test
  void goesOnWithARecoveryAfterThePrimarysDeath() {
    for (int i = 0; i < 30; i++) {
      story.committed(atSecondary);
    }
    story.server("b").replaceVolume(0);
    story.server("b").restart();
    story.until(() -> story.state("b").equals("recovering"));
    primary.crash();
    story.untilInSync("b");
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void asksThePrimaryForWhatAnAdministratorWishes() {
    List<Boolean> answers = new ArrayList<>();
    BackendName b = new BackendName("b");
    story.world.wish(secondary, new AdminRequest.Disable(b), a -> answers.add(a.done()));
    story.until(() -> !answers.isEmpty());
    assertEquals(List.of(true), answers);
    assertEquals(OutReason.DISABLED, story.reason("b"));
    story.world.wish(secondary, new AdminRequest.Recover(b), a -> answers.add(a.done()));
    story.untilInSync("b");
  }

  @Test
  void answersEveryWishEvenIfThePrimaryDies() {
    List<Boolean> answers = new ArrayList<>();
    story.world.wish(
        secondary, new AdminRequest.Disable(new BackendName("b")), a -> answers.add(a.done()));
    primary.crash();
    story.until(() -> !answers.isEmpty());
    assertFalse(answers.getFirst());
  }

  @Test
  void commitsWithoutTheStoreThroughAnyServer() {
    story.committed(atSecondary);
    story.world.store.up = false;
    story.committed(atSecondary);
  }

  @Test
  void giveNoOidTwice() {
    List<Oid> given = new ArrayList<>();
    for (ModelClient client : List.of(story.client, atSecondary)) {
      client.ask(
          new io.zeoraid.raid.ClientRequest.NewOids(10),
          reply -> given.addAll(((ClientReply.Oids) reply).oids()));
    }
    story.until(() -> given.size() == 20);
    assertEquals(20, Set.copyOf(given).size());
  }
}
