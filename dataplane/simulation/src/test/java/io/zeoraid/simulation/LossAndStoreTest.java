package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Lost volumes (R1.2, R6, R7) and a store that does not answer (R8). */
final class LossAndStoreTest {
  private final Story story = Story.serving(2);

  @Test
  void refillsABackendThatComesBackEmpty() {
    story.committed();
    story.committed();
    story.server("b").replaceVolume(0);
    story.server("b").restart();
    story.until(() -> !story.isInSync("b"));
    story.untilInSync("b");
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void completesABackendThatComesBackWithAnOldVolume() {
    for (int i = 0; i < 5; i++) {
      story.committed();
    }
    story.server("a").replaceVolume(2);
    story.server("a").restart();
    story.until(() -> !story.isInSync("a"));
    story.untilInSync("a");
    assertEquals(story.log("b"), story.log("a"));
  }

  @Test
  void refusesToServeAnEmptyBackendAloneWhileItRemembers() {
    story.committed();
    story.server("b").crash();
    story.committed();
    story.world.damage().mayLoseAll = true;
    story.server("a").replaceVolume(0);
    story.server("a").restart();
    story.until(story::suspectsDataLoss);
    assertTrue(story.detail().contains("suspected data loss"), story.detail());
    assertFalse(story.world.raid().core().status().waiting());
    Story.Tx tx = story.vote();
    story.world.run(5000);
    assertTrue(tx.vote == null);
    assertEquals(0, story.log("a").size());
  }

  @Test
  void refusesToServeAnEmptyBackendAloneAfterARestart() {
    story.committed();
    story.server("b").crash();
    story.committed();
    story.world.damage().mayLoseAll = true;
    story.server("a").replaceVolume(0);
    story.server("a").restart();
    story.world.restartRaid();
    story.until(story::suspectsDataLoss);
    assertTrue(story.detail().contains("suspected data loss"), story.detail());
    story.server("b").restart();
    story.world.run(10_000);
    assertFalse(story.isServing());
    assertEquals(0, story.log("a").size());
    assertFalse(story.isInSync("b"));
  }

  /** An empty backend shows no tid, as if nothing were being finished. */
  @Test
  void registersNobodyOnTheWordOfAnEmptyBackend() {
    story.committed();
    story.server("b").replaceVolume(0);
    story.server("b").restart();
    story.anotherClient();
    List<String> trace = story.world.trace();
    int registered = trace.size() - 1;
    while (!trace.get(registered).contains("Registered")) {
      registered--;
    }
    assertTrue(
        trace.subList(0, registered).stream()
            .anyMatch(line -> line.contains("backend b: in-sync -> missing")));
  }

  /** F8: killed between vote and finish, a backend claims the tid that it lost. */
  @Test
  void looksIntoTheLogOfABackendThatClaimsWhatItDoesNotHold() {
    for (int i = 0; i < 10; i++) {
      Story.Tx tx = story.vote().untilVoted();
      story.server("a").crash();
      assertTrue(tx.finish().isCommitted());
      story.world.restartRaid();
      story.server("a").restart();
      story.untilInSync("a");
      assertEquals(story.log("b"), story.log("a"));
      story.until(() -> story.isServing() && story.client.isReady());
    }
  }

  @Test
  void commitsWithoutTheStoreAsLongAsNothingMustChange() {
    story.committed();
    story.world.store.up = false;
    story.committed();
  }

  @Test
  void stallsCommitsButNotReadsWhenAChangeMustWaitForTheStore() {
    Tid serial = story.committed();
    Oid oid = story.server("a").volume.log().getLast().records().firstKey();
    story.world.store.up = false;
    story.server("b").crash();
    Story.Tx tx = story.vote();
    story.world.run(10_000);
    assertTrue(tx.vote == null);
    assertTrue(story.isInSync("b"));
    List<Tid> read = new ArrayList<>();
    story.client.load(oid, read::add);
    story.until(() -> !read.isEmpty());
    assertEquals(serial, read.getFirst());
    story.world.store.up = true;
    assertTrue(tx.untilVoted().finish().isCommitted());
    assertFalse(story.isInSync("b"));
  }

  @Test
  void notesWhatIsCommittedWithEachChangeOfTheRecord() {
    Tid last = story.committed();
    story.server("b").crash();
    story.until(() -> !story.isInSync("b"));
    assertEquals(last, story.world.store.record().orElseThrow().lastTid());
  }
}
