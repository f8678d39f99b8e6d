package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** R2.1: transactions whose tids their clients chose. */
final class GivenTidsTest {
  private final Story story =
      new Story(new World.Options(1, 2, 2, 2, 0, 0, 100, false, true, true, Set.of()));

  private RaidProcess primary;
  private RaidProcess secondary;
  private ModelClient atSecondary;

  @BeforeEach
  void start() {
    story.start();
    story.until(() -> story.world.raids().stream().allMatch(r -> r.core().status().serving()));
    primary = story.world.primary().orElseThrow();
    secondary = story.world.raids().stream().filter(r -> r != primary).findFirst().orElseThrow();
    atSecondary = connected(secondary);
  }

  private ModelClient connected(RaidProcess to) {
    ModelClient client = story.world.newClient(to.slot);
    client.connect();
    story.until(client::isReady);
    return client;
  }

  private Tid later() {
    return new Tid(atSecondary.last().value() + 0x10_0000_0000L);
  }

  private String refusal(Story.Tx tx) {
    var failed = assertInstanceOf(ClientReply.Failed.class, tx.outcome());
    return Errors.describe(failed.error());
  }

  @Test
  void commitsUnderTheTidThatWasGiven() {
    for (ModelClient client : new ModelClient[] {atSecondary, connected(primary)}) {
      Tid given = later();
      assertTrue(story.voteAs(client, given).untilVoted().finish().isCommitted());
      story.until(() -> atSecondary.last().equals(given));
      assertEquals(given, story.server("a").volume.lastTid());
    }
    assertEquals(story.log("a"), story.log("b"));
    story.committed(atSecondary);
  }

  @Test
  void refusesATidThatIsNotLater() {
    Tid last = story.committed(atSecondary);
    assertEquals(
        "StorageTransactionError: a transaction can't be committed as "
            + last
            + ": it is not later than the last transaction, "
            + last,
        refusal(story.voteAs(atSecondary, last)));
    story.committed(atSecondary);
  }

  /** The first primary's no-op is as early as can be. */
  @Test
  void takesAHistoryIntoANewRaid() {
    Tid old = new Tid(0x1_0000_0000L);
    assertTrue(story.voteAs(atSecondary, old).untilVoted().finish().isCommitted());
    assertEquals(old, atSecondary.last());
  }

  @Test
  void theSecondOfTwoIsRefused() {
    Tid given = later();
    Story.Tx first = story.voteAs(connected(primary), given).untilVoted();
    Story.Tx second = story.voteAs(atSecondary, given);
    assertTrue(first.finish().isCommitted());
    assertTrue(refusal(second).contains("not later than the last transaction"));
  }

  /** Whether it is committed the tid would not tell: it might be somebody else's. */
  @Test
  void disconnectsAClientWhoseFinishWasLostWithThePrimary() {
    Story.Tx tx = story.voteAs(atSecondary, later()).untilVoted().finish();
    primary.crash();
    story.until(() -> !atSecondary.isReady());
    assertNull(tx.outcome);
    story.until(atSecondary::isReady);
    story.committed(atSecondary);
  }

  @Test
  void aVotedOneGoesToTheNextPrimaryAndIsRefusedThereIfThatHasGoneOn() {
    Story.Tx tx = story.voteAs(atSecondary, later()).untilVoted();
    primary.crash();
    story.until(() ->
        story.world.primary().filter(secondary::equals).isPresent()
            && secondary.core().status().serving());
    tx.finish();
    story.until(() -> tx.outcome != null || !atSecondary.isReady());
    boolean told = tx.outcome instanceof ClientReply.Finished;
    assertEquals(
        told, story.server("b").volume.log().stream().anyMatch(c -> c.user().equals(tx.name())));
    assertFalse(tx.outcome instanceof ClientReply.Failed);
  }
}
