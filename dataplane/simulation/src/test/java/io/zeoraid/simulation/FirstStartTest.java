package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.raid.membership.OutReason;
import org.junit.jupiter.api.Test;

/** R7: the first start, without a record. */
final class FirstStartTest {
  private static final long T1 = 0x0400000000000100L;
  private static final long T2 = 0x0400000000000200L;
  private static final long T3 = 0x0400000000000300L;
  private final Story story = new Story(2);

  @Test
  void takesEmptyBackendsInSync() {
    story.start();
    assertTrue(story.isInSync("a") && story.isInSync("b"));
    story.committed();
  }

  @Test
  void takesEqualBackendsInSync() {
    story.had("a", T1, "one", 1);
    story.had("b", T1, "one", 1);
    story.start();
    assertEquals(2, story.world.store.record().orElseThrow().inSync().size());
    story.committed();
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void fillsAnEmptyBackendFromTheFullOne() {
    story.had("b", T1, "one", 1);
    story.had("b", T2, "two", 2);
    story.start();
    story.untilInSync("a");
    assertEquals(story.log("b"), story.log("a"));
  }

  /** Many transactions in little time, and then none: not all of them are read. */
  @Test
  void readsNoMoreOfADenseHistoryThanItNeeds() {
    for (int i = 0; i < 3000; i++) {
      story.had("a", T1 + 0x100L * i, "number " + i, i);
    }
    long before = story.server("a").calls();
    story.start();
    long calls = story.server("a").calls() - before;
    assertTrue(calls < 1000, calls + " calls");
    story.committed();
  }

  @Test
  void bringsABackendThatLagsBehindUpToDate() {
    story.had("a", T1, "one", 1);
    story.had("b", T1, "one", 1);
    story.had("b", T2, "two", 2);
    story.start();
    story.untilInSync("a");
    assertEquals(story.log("b"), story.log("a"));
  }

  @Test
  void leavesOutABackendThatHasDiverged() {
    story.had("a", T1, "one", 1);
    story.had("a", T2, "aside", 1);
    story.had("b", T1, "one", 1);
    story.had("b", T3, "two", 2);
    story.start();
    assertEquals(OutReason.DIVERGED, story.reason("a"));
    story.committed();
    assertEquals(2, story.log("a").size());
  }

  @Test
  void refusesBackendsWithoutACommonHistory() {
    story.had("a", T1, "one", 1);
    story.had("b", T2, "other", 1);
    story.world.start();
    story.world.run(5000);
    assertTrue(story.detail().contains("different databases"), story.detail());
    assertFalse(story.world.raid().core().status().waiting());
    assertTrue(story.world.store.record().isEmpty());
    assertFalse(story.isServing());
  }

  @Test
  void refusesBackendsThatDifferInTheirLastTransaction() {
    story.had("a", T1, "one", 1);
    story.had("b", T1, "other", 1);
    story.world.start();
    story.world.run(5000);
    assertTrue(story.detail().contains("nobody knows which is right"), story.detail());
    assertTrue(story.world.store.record().isEmpty());
  }

  @Test
  void waitsUntilEveryBackendAnswers() {
    story.server("b").crash();
    story.world.start();
    story.world.run(10_000);
    assertTrue(story.world.store.record().isEmpty());
    assertTrue(story.detail().contains("b (connection refused)"), story.detail());
    assertTrue(story.world.raid().core().status().waiting());
    story.server("b").restart();
    story.client.connect();
    story.until(story.client::isReady);
    story.committed();
  }

  @Test
  void takesOverAgainAfterARestart() {
    story.start();
    story.committed();
    story.world.restartRaid();
    story.until(() -> story.isServing() && story.client.isReady());
    story.committed();
    assertEquals(story.log("a"), story.log("b"));
  }
}
