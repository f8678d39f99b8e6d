package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.Effect;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the comparison of backends finds. */
final class VerifyTest {
  private final Story story = Story.serving(2);

  private Effect.AnswerAdmin verify() {
    return story.wish(new AdminRequest.Verify(new TreeSet<>()));
  }

  @Test
  void findsWhatWasCommittedThroughTheRaidEqual() {
    for (int i = 0; i < 40; i++) {
      story.committed();
    }
    Effect.AnswerAdmin answer = verify();
    assertTrue(answer.done(), answer.text());
    assertTrue(answer.text().startsWith("equal up to"), answer.text());
  }

  @Test
  void namesATransactionThatOneLacks() {
    story.committed();
    Tid tid = new Tid(story.server("b").volume.log().getLast().tid().value() + 1);
    story.server("b").outsiderCommits(tid, new Oid(77), "a stranger");
    story.committed();
    Effect.AnswerAdmin answer = story.wish(new AdminRequest.Verify(Story.names("a", "b")));
    assertFalse(answer.done());
    assertTrue(answer.text().contains("lacks transaction " + tid), answer.text());
  }

  @Test
  void doesNotCompareABackendWithItself() {
    assertFalse(story.wish(new AdminRequest.Verify(Story.names("a"))).done());
  }

  @Test
  void doesNotKnowStrangers() {
    TreeSet<BackendName> names = Story.names("a", "z");
    assertTrue(story.wish(new AdminRequest.Verify(names)).text().contains("no backend z"));
  }

  @Test
  void commitsGoOnMeanwhile() {
    for (int i = 0; i < 40; i++) {
      story.committed();
    }
    boolean[] ended = {false};
    story.world.wish(new AdminRequest.Verify(new TreeSet<>()), answer -> ended[0] = answer.done());
    story.committed();
    story.until(() -> ended[0]);
  }

  @Test
  void saysThatABackendIsAway() {
    story.server("b").crash();
    Effect.AnswerAdmin answer = story.wish(new AdminRequest.Verify(Story.names("a", "b")));
    assertFalse(answer.done());
    assertTrue(answer.text().contains("could not compare"), answer.text());
  }
}
