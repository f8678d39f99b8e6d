package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.Effect;
import io.zeoraid.raid.membership.OutReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What administrators wish, and what they get. */
final class AdministrationTest {
  private static final BackendName A = new BackendName("a");
  private static final BackendName B = new BackendName("b");
  private static final long LOCK_MILLIS = 5000;
  private final Story story = Story.serving(2);

  @Test
  void keepsADisabledBackendOutUntilItsRecoveryIsAskedFor() {
    assertTrue(story.wish(new AdminRequest.Disable(B)).done());
    story.committed();
    story.world.run(10_000);
    assertEquals(OutReason.DISABLED, story.reason("b"));
    story.world.restartRaid();
    story.until(() -> story.isServing() && story.client.isReady());
    story.committed();
    assertEquals(OutReason.DISABLED, story.reason("b"));
    assertTrue(story.wish(new AdminRequest.Recover(B)).done());
    story.untilInSync("b");
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void grantsWhatIsSoAlready() {
    assertTrue(story.wish(new AdminRequest.Recover(B)).done());
    assertTrue(story.wish(new AdminRequest.Disable(B)).done());
    assertTrue(story.wish(new AdminRequest.Disable(B)).done());
  }

  @Test
  void refusesToDisableTheLastInSyncBackend() {
    assertTrue(story.wish(new AdminRequest.Disable(B)).done());
    assertFalse(story.wish(new AdminRequest.Disable(A)).done());
    assertTrue(story.isInSync("a"));
    story.committed();
  }

  @Test
  void refusesToDisableTheOnlyOneThatCanBeReached() {
    story.server("b").crash();
    story.world.run(100);
    assertFalse(story.wish(new AdminRequest.Disable(A)).done());
    assertTrue(story.isInSync("a"));
  }

  @Test
  void doesNotKnowStrangers() {
    assertFalse(story.wish(new AdminRequest.Recover(new BackendName("z"))).done());
  }

  @Test
  void doesNotTearAVotedTransactionOutOfItsLocks() {
    Story.Tx tx = story.vote().untilVoted();
    story.world.wish(new AdminRequest.Disable(B), answer -> {});
    story.world.run(100);
    assertTrue(story.isInSync("b"));
    assertTrue(tx.finish().isCommitted());
    story.until(() -> !story.isInSync("b"));
  }

  @Test
  void takesMembersOutAndIn() {
    story.committed();
    assertTrue(story.wish(new AdminRequest.Reload(Story.names("a"), LOCK_MILLIS)).done());
    assertEquals(Set.of(A), story.world.store.record().orElseThrow().backends().keySet());
    story.committed();
    assertTrue(story.wish(new AdminRequest.Reload(Story.names("a", "b"), LOCK_MILLIS)).done());
    story.untilInSync("b");
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void holdsLocksNoLongerThanTheReloadedConfigurationAllows() {
    story.committed();
    assertTrue(story.wish(new AdminRequest.Reload(Story.names("a", "b"), 1000)).done());
    ModelClient slow = story.anotherClient();
    story.vote(slow).untilVoted();
    long voted = story.world.scheduler.now();
    story.committed();
    assertTrue(story.world.scheduler.now() - voted < 2000);
    assertTrue(story.world.trace().stream().anyMatch(line -> line.contains("1000 ms between")));
  }

  @Test
  void refusesAConfigurationWithoutAnInSyncBackend() {
    story.wish(new AdminRequest.Disable(B));
    assertFalse(story.wish(new AdminRequest.Reload(Story.names("b"), LOCK_MILLIS)).done());
    story.committed();
  }

  @Test
  void doesNotServeWithAConfigurationWithoutAnInSyncBackend() {
    story.wish(new AdminRequest.Disable(B));
    story.world.configure(Story.names("b"));
    story.world.restartRaid();
    story.world.run(5000);
    assertFalse(story.isServing());
    assertTrue(story.detail().contains("all data would be lost"), story.detail());
  }

  @Test
  void takesTheConfigurationOfItsStart() {
    story.committed();
    story.world.configure(new TreeSet<>(Set.of(A)));
    story.world.restartRaid();
    story.until(() -> story.isServing() && story.client.isReady());
    assertEquals(Set.of(A), story.world.store.record().orElseThrow().backends().keySet());
  }

  @Test
  void packsOneAfterAnotherAndCommitsGoOn() {
    for (int i = 0; i < 5; i++) {
      story.committed();
    }
    assertTrue(story.wish(new AdminRequest.Pack(story.world.wallMillis() / 1000.0)).done());
    story.committed();
    assertTrue(story.isInSync("a") && story.isInSync("b"));
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void tellsHowFarAPackIs() {
    story.committed();
    List<Effect.AnswerAdmin> answers = new ArrayList<>();
    story.world.wish(new AdminRequest.Pack(story.world.wallMillis() / 1000.0), answers::add);
    Set<String> told = new TreeSet<>();
    story.until(() -> {
      told.add(story.world.raid().core().status().packing());
      return !answers.isEmpty();
    });
    assertTrue(told.contains("packing backend a, 1 of 2"), told.toString());
    assertTrue(told.contains("packing backend b, 2 of 2"), told.toString());
    assertEquals("", story.world.raid().core().status().packing());
  }

  @Test
  void survivesARestartOfAllAfterAPack() {
    story.committed();
    assertTrue(story.wish(new AdminRequest.Pack(story.world.wallMillis() / 1000.0)).done());
    story.server("a").crash();
    story.server("b").crash();
    story.server("a").restart();
    story.server("b").restart();
    story.world.restartRaid();
    story.until(() -> story.isServing() && story.client.isReady());
    story.committed();
    assertTrue(story.isInSync("a") && story.isInSync("b"));
  }

  @Test
  void refusesToPackWhileABackendIsOut() {
    story.wish(new AdminRequest.Disable(B));
    assertFalse(story.wish(new AdminRequest.Pack(story.world.wallMillis() / 1000.0)).done());
  }
}
