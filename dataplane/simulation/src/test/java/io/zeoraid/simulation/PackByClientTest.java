package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pack, wished by a client of a secondary. */
final class PackByClientTest {
  private static final World.Options TWO =
      new World.Options(1, 2, 2, 2, 0, 0, 100, false, true, true, Set.of());

  private final Story story = new Story(TWO);
  private final List<ClientReply> answers = new ArrayList<>();
  private RaidProcess primary = story.world.raid();
  private ModelClient client = story.client;

  @BeforeEach
  void start() {
    story.start();
    story.until(() -> story.world.raids().stream().allMatch(r -> r.core().status().serving()));
    primary = story.world.primary().orElseThrow();
    RaidProcess secondary =
        story.world.raids().stream().filter(r -> r != primary).findFirst().orElseThrow();
    client = story.world.newClient(secondary.slot);
    client.connect();
    story.until(client::isReady);
  }

  private void pack() {
    client.ask(new ClientRequest.Pack(story.world.wallMillis() / 1000.0), answers::add);
  }

  private ClientReply answer() {
    story.until(() -> !answers.isEmpty());
    return answers.removeFirst();
  }

  private RemoteError error() {
    return assertInstanceOf(ClientReply.Failed.class, answer()).error();
  }

  private void assertPacked() {
    assertEquals(new ClientReply.Done(), answer());
  }

  private boolean isPacked(String backend) {
    return !story.server(backend).volume.packedTo().equals(Tid.NONE);
  }

  @Test
  void isAnsweredWhenAllBackendsArePacked() {
    story.committed(client);
    pack();
    assertPacked();
    assertTrue(isPacked("a") && isPacked("b"));
    story.committed(client);
    assertEquals(story.log("a"), story.log("b"));
  }

  @Test
  void nothingIsDoneIfThereIsNothingButNoOps() {
    pack();
    assertPacked();
    assertFalse(isPacked("a") || isPacked("b"));
    story.committed(client);
    assertTrue(story.isInSync("a") && story.isInSync("b"));
  }

  /** The next primary looks for something else than a transaction that is packed away. */
  @Test
  void theLastTransactionMayGo() {
    Tid last = story.committed(client);
    for (String backend : List.of("a", "b")) {
      story.server(backend).volume.log().getLast().records().keySet().stream()
          .toList()
          .forEach(story.server(backend).volume::isGarbage);
    }
    pack();
    assertPacked();
    assertFalse(story.server("a").volume.holds(last) || story.server("b").volume.holds(last));
    primary.crash();
    story.committed(client);
    assertEquals(story.log("a"), story.log("b"));
    assertTrue(story.isInSync("a") && story.isInSync("b"));
  }

  @Test
  void isRefusedAsFileStorageDoesWhileAnotherIsUnderWay() {
    story.committed(client);
    pack();
    pack();
    assertEquals("FileStorageError: Already packing", Errors.describe(error()));
    assertPacked();
  }

  @Test
  void commitsGoOnMeanwhile() {
    story.committed(client);
    pack();
    story.committed(client);
    assertTrue(answers.isEmpty());
    assertPacked();
  }

  @Test
  void saysThatNobodyKnowsIfThePrimaryIsLost() {
    story.committed(client);
    pack();
    story.until(() -> isPacked("a"));
    primary.crash();
    String words = Errors.describe(error());
    assertTrue(words.contains("some backends may be packed and others not"), words);
    story.committed(client);
  }

  @Test
  void goesOnIfItsClientLeaves() {
    story.committed(client);
    pack();
    story.world.run(5);
    client.disconnect();
    story.until(() -> isPacked("a") && isPacked("b"));
  }

  /** b holds revisions that a has no more, for it was killed when its turn came. */
  @Test
  void aPackThatReachedOnlyOneBackendPutsNobodyOut() {
    Oid oid = resolvable();
    Tid first =
        assertInstanceOf(
                ClientReply.Finished.class,
                story.vote(client, oid, Tid.NONE).untilVoted().finish().outcome())
            .tid();
    assertTrue(story.vote(client, oid, first).untilVoted().finish().isCommitted());
    story.committed(client);
    story.committed(client);
    pack();
    story.until(() -> isPacked("a"));
    story.server("b").crash();
    assertTrue(Errors.describe(error()).contains("b"));
    story.server("b").restart();
    story.until(() -> story.isInSync("a") && story.isInSync("b"));
    assertFalse(isPacked("b"));

    // a can't resolve a conflict any more, b can.
    for (int i = 0; i < 2; i++) {
      Story.Tx tx = story.vote(client, oid, first).untilVoted();
      assertFalse(tx.isVoted());
      assertTrue(
          Errors.isConflict(assertInstanceOf(ClientReply.Failed.class, tx.outcome()).error()));
      assertTrue(story.isInSync("a") && story.isInSync("b"));
      primary.crash(); // the next one does not know that the backends are packed unevenly
      story.until(() -> story.world.primary().filter(p -> p.core().status().serving()).isPresent());
      // A backend that hears late of the death, and keeps the lock until then, is put out for a
      // while.
      story.until(() -> story.isInSync("a") && story.isInSync("b"));
    }

    pack();
    assertPacked();
    assertEquals(story.log("a"), story.log("b"));
  }

  private Oid resolvable() {
    List<Oid> found = new ArrayList<>();
    while (found.isEmpty()) {
      List<Oid> given = new ArrayList<>();
      client.newOid(given::add);
      story.until(() -> !given.isEmpty());
      given.stream().filter(ModelServer::resolves).forEach(found::add);
    }
    return found.getFirst();
  }
}
