package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** R5, step by step: what is asked of backends, and what is not. */
final class ReadTest {
  private final Story story =
      new Story(new World.Options(3, 1, 1, 20, 0, 0, 100, false, true, true, Set.of()));
  private final List<Tid> loaded = new ArrayList<>();
  private final ModelClient other;
  private final Oid oid;
  private Tid serial;

  ReadTest() {
    story.start();
    serial = story.committed();
    oid = story.server("a").volume.log().getLast().records().firstKey();
    other = story.anotherClient();
  }

  private void load(ModelClient client) {
    client.load(oid, loaded::add);
  }

  private void untilLoaded(int loads) {
    story.until(() -> loaded.size() == loads);
    assertEquals(Set.of(serial), Set.copyOf(loaded));
  }

  private long asked() {
    return story.world.trace().stream()
        .filter(line -> line.contains("-> call") && line.contains("LoadBefore"))
        .count();
  }

  private void untilAsked(int times) {
    story.until(() -> asked() == times);
  }

  private boolean arrived(String what) {
    return story.world.trace().stream().anyMatch(line -> line.contains(what));
  }

  @Test
  void asksOnceForLoadsOfTheSameObject() {
    load(story.client);
    load(story.client);
    load(other);
    untilLoaded(3);
    assertEquals(1, asked());
  }

  @Test
  void asksForOtherRevisionsOfTheSameObject() {
    load(story.client);
    story.client.loadBefore(oid, serial, loaded::add);
    story.until(() -> loaded.size() == 2);
    assertEquals(2, asked());
    assertTrue(loaded.containsAll(List.of(serial, Tid.NONE)));
  }

  @Test
  void isNotGivenUpBecauseConnectionsAreLostOneAfterAnother() {
    load(story.client);
    for (int times = 1; times <= 6; times++) {
      untilAsked(times);
      story.server("a").crash();
      story.server("a").restart();
    }
    untilLoaded(1);
  }

  @Test
  void asksOnceAgainForAllWhenTheConnectionIsLost() {
    story.server("a").hang(1000, 60_000);
    load(story.client);
    load(other);
    story.until(() -> asked() == 1 && bothHaveAsked());
    story.server("a").crash();
    story.server("a").restart();
    untilLoaded(2);
    assertEquals(2, asked());
  }

  private boolean bothHaveAsked() {
    return story.world.trace().stream()
            .filter(line -> line.contains("ClientAsked") && line.contains("Load["))
            .count()
        == 2;
  }

  @Test
  void doesNotAskAgainForAClientThatLeft() {
    load(other);
    untilAsked(1);
    other.disconnect();
    story.until(() -> arrived("ClientLeft"));
    story.server("a").crash();
    story.server("a").restart();
    story.until(other::isReady);
    assertEquals(1, asked());
    load(other);
    untilLoaded(1);
  }

  @Test
  void asksNobodyForWhatIsCached() {
    load(story.client);
    untilLoaded(1);
    load(other);
    load(story.client);
    untilLoaded(3);
    assertEquals(1, asked());
    assertEquals(2, story.world.raid().cache().hits());
  }

  @Test
  void asksForWhatChangedSinceItWasCached() {
    load(other);
    untilLoaded(1);
    Tid before = serial;
    serial = finished(story.vote(oid, serial));
    story.until(() -> other.last().equals(serial));
    loaded.clear();
    load(other);
    untilLoaded(1);
    assertEquals(2, asked());
    // The revision before is not the newest: the cache has given it up.
    other.loadBefore(oid, serial, loaded::add);
    story.until(() -> loaded.size() == 2);
    assertEquals(before, loaded.getLast());
  }

  private static Tid finished(Story.Tx tx) {
    if (tx.untilVoted().finish().outcome() instanceof ClientReply.Finished(Tid tid)) {
      return tid;
    }
    throw new AssertionError("not committed");
  }

  @Test
  void answersFromTheCacheWhileNoBackendAnswers() {
    load(story.client);
    untilLoaded(1);
    story.server("a").hang(60_000, 60_000);
    load(other);
    untilLoaded(2);
    assertTrue(story.server("a").busyUntil() > story.world.scheduler.now());
  }
}
