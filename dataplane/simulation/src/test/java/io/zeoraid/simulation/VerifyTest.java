package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the comparison of backends finds. */
final class VerifyTest {
  private static final Oid BLOB = new Oid(17);

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

  /** A transaction with one blob. */
  private Tid blobCommitted(Tid serial) {
    if (story.vote(BLOB, serial).untilVoted().finish().outcome()
        instanceof ClientReply.Finished(Tid tid)) {
      return tid;
    }
    throw new AssertionError("not committed");
  }

  private byte[] blob(Tid tid) {
    byte[] blob = story.server("a").volume.blob(BLOB, tid);
    if (blob == null) {
      throw new AssertionError("no blob");
    }
    return blob;
  }

  private String differs() {
    Effect.AnswerAdmin answer = verify();
    assertFalse(answer.done(), answer.text());
    return answer.text();
  }

  private String equal() {
    Effect.AnswerAdmin answer = verify();
    assertTrue(answer.done(), answer.text());
    return answer.text();
  }

  @Test
  void comparesBlobs() {
    blobCommitted(Tid.NONE);
    assertTrue(equal().contains(", 1 blobs, "));
  }

  @Test
  void namesABlobThatOneLacks() {
    Tid tid = blobCommitted(Tid.NONE);
    story.server("b").volume.loseBlobs(tid);
    assertEquals(
        "not equal: b lacks the blob of object "
            + BLOB
            + " in transaction "
            + tid
            + ", and a has it",
        differs());
  }

  @Test
  void namesABlobOfAnotherLength() {
    Tid tid = blobCommitted(Tid.NONE);
    int length = blob(tid).length;
    story.server("b").volume.spoilBlobs(tid, new byte[] {1, 2});
    assertEquals(
        "not equal: b has another blob of object "
            + BLOB
            + " in transaction "
            + tid
            + " (2 bytes instead of "
            + length
            + ")",
        differs());
  }

  @Test
  void namesABlobOfTheSameLength() {
    Tid tid = blobCommitted(Tid.NONE);
    byte[] changed = blob(tid).clone();
    changed[changed.length - 1] ^= 1;
    story.server("b").volume.spoilBlobs(tid, changed);
    assertTrue(differs().contains("b has another blob of object " + BLOB));
  }

  @Test
  void saysHowManyBlobsNobodyHas() {
    Tid tid = blobCommitted(Tid.NONE);
    story.server("a").volume.loseBlobs(tid);
    story.server("b").volume.loseBlobs(tid);
    String text = equal();
    assertTrue(text.contains(", 0 blobs, "), text);
    assertTrue(text.contains("1 records of blobs have no file in any"), text);
  }

  @Test
  void comparesRecordsOnlyWhereNoBlobsAreKept() {
    blobCommitted(Tid.NONE);
    story.server("a").volume.keepsBlobs = false;
    story.server("b").volume.keepsBlobs = false;
    assertTrue(equal().contains("1 records of blobs compared without files"));
  }

  @Test
  void namesABlobThatOnlyOneKeeps() {
    blobCommitted(Tid.NONE);
    story.server("a").volume.keepsBlobs = false;
    assertTrue(differs().contains("a lacks the blob of object " + BLOB));
  }

  @Test
  void takesNoBlobThatIsPackedAwayMeanwhileForADifference() {
    Tid second = blobCommitted(blobCommitted(Tid.NONE));
    List<Effect.AnswerAdmin> answers = new ArrayList<>();
    story.world.wish(new AdminRequest.Verify(new TreeSet<>()), answers::add);
    story.until(
        () -> story.world.trace().stream().filter(l -> l.contains("digest blob")).count() >= 2);
    story.server("b").volume.packTo(second);
    story.until(() -> !answers.isEmpty());
    String text = answers.getFirst().text();
    assertTrue(answers.getFirst().done(), text);
    assertTrue(text.contains("1 blobs not compared, because they were packed away"), text);
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
