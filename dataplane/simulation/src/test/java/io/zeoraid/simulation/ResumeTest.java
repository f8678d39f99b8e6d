package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was accepted under a dead primary comes first at the next one. */
final class ResumeTest {

  /** Three servers; a transaction through one of them is voted on, and others want its object. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void isNotOvertaken(long seed) {
    Story story =
        new Story(new World.Options(seed, 3, 2, 2, 0, 0, 100, false, true, true, Set.of()));
    story.start();
    story.until(() -> story.world.raids().stream().allMatch(r -> r.core().status().serving()));
    RaidProcess primary = story.world.primary().orElseThrow();
    RaidProcess[] others =
        story.world.raids().stream().filter(r -> r != primary).toArray(RaidProcess[]::new);
    ModelClient first = clientOf(story, others[0]);
    ModelClient second = clientOf(story, others[1]);

    Tid serial = story.committed(first);
    Oid oid = story.server("a").volume.log().getLast().records().firstKey();
    Story.Tx accepted = story.vote(first, oid, serial).untilVoted();
    assertTrue(accepted.isVoted());
    Story.Tx rival = story.vote(second, oid, serial);
    story.world.run(50);
    assertFalse(rival.isVoted());
    primary.crash();
    story.world.run(seed * 100);
    accepted.finish();
    boolean[] finished = new boolean[1];
    story.until(() -> {
      if (rival.isVoted() && !finished[0]) {
        finished[0] = true;
        rival.finish();
      }
      return accepted.outcome != null || !first.isReady();
    });
    assertTrue(first.isReady(), "its client was disconnected");
    assertTrue(accepted.isCommitted());
  }

  private static ModelClient clientOf(Story story, RaidProcess raid) {
    ModelClient client = story.world.newClient(raid.slot);
    client.connect();
    story.until(client::isReady);
    return client;
  }
}
