package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How a backend is filled again. */
final class RecoveryTest {
  private static final int COUNT = 60;

  private final Story story = Story.serving(2);

  /** Commits that many, all of one object. */
  private List<Tid> committed(int count) {
    Tid serial = story.committed();
    Oid oid = story.server("a").volume.log().getLast().records().firstKey();
    Tid[] last = {serial};
    return IntStream.range(0, count)
        .mapToObj(i -> {
          Story.Tx tx = story.vote(oid, last[0]).untilVoted().finish();
          assertTrue(tx.isCommitted());
          last[0] = story.client.last();
          return last[0];
        })
        .toList();
  }

  private void emptied() {
    story.server("b").replaceVolume(0);
    story.server("b").restart();
    story.until(() -> !story.isInSync("b"));
  }

  @Test
  void readsWhatWasAnnouncedWithoutWaitingForAnswers() {
    committed(COUNT);
    emptied();
    story.until(() -> story.state("b").equals("recovering"));
    long began = story.world.scheduler.now();
    story.untilInSync("b");
    long roundTrips =
        (story.world.scheduler.now() - began) / (2 * story.world.options.latencyMillis());
    assertEquals(story.log("a"), story.log("b"));
    assertTrue(roundTrips < 3 * COUNT, roundTrips + " round trips for " + COUNT + " transactions");
  }

  @Test
  void readsStepByStepWhatWasPackedMeanwhile() {
    List<Tid> tids = committed(40);
    story.server("a").volume.packTo(tids.get(20));
    emptied();
    story.untilInSync("b");
    assertFalse(story.server("b").volume.holds(tids.get(10)));
    assertTrue(story.server("b").volume.holds(tids.get(20)));
    assertEquals(story.log("a"), story.log("b"));
  }
}
