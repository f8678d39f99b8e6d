package io.zeoraid.operator.plan;

import static io.zeoraid.operator.plan.Said.raid;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.RaidState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.operator.status.Seen;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** In the status: backend b had pod-1 and claim-1. */
final class WishesTest {
  private static final Seen.Backend SAME = shown("pod-1", "claim-1");
  private static final Seen.Backend NEW_POD = shown("pod-2", "claim-1");
  private static final Seen.Backend NEW_VOLUME = shown("pod-2", "claim-2");

  private final ZeoRaid wish = wish("");

  @Test
  void newPodOrVolumeOfWhatFailedIsRecovered() {
    for (BackendState state :
        new BackendState[] {
          BackendState.BACKEND_STATE_FAILED, BackendState.BACKEND_STATE_MISSING
        }) {
      assertEquals(Optional.empty(), ask(raid(state), SAME));
      assertEquals(Optional.of("b"), ask(raid(state), NEW_POD));
      assertEquals(Optional.of("b"), ask(raid(state), NEW_VOLUME));
    }
  }

  @Test
  void divergedNeedsAnotherVolume() {
    RaidStatus raid = raid(BackendState.BACKEND_STATE_DIVERGED);
    assertEquals(Optional.empty(), ask(raid, SAME));
    assertEquals(Optional.empty(), ask(raid, NEW_POD));
    assertEquals(Optional.of("b"), ask(raid, NEW_VOLUME));
  }

  @Test
  void neverAsksForWhatAPersonHasToDecide() {
    assertEquals(Optional.empty(), ask(raid(BackendState.BACKEND_STATE_DISABLED), NEW_VOLUME));
    RaidStatus failed =
        raid(BackendState.BACKEND_STATE_MISSING).toBuilder()
            .setState(RaidState.RAID_STATE_FAILED)
            .setServing(false)
            .build();
    assertEquals(Optional.empty(), ask(failed, NEW_VOLUME));
    RaidStatus raid = raid(BackendState.BACKEND_STATE_MISSING);
    for (String spec : new String[] {"recovery: {automatic: false}", "paused: true"}) {
      assertEquals(
          Optional.empty(), Wishes.recovery(wish(spec), raid, Map.of("b", NEW_VOLUME)), spec);
    }
  }

  @Test
  void waitsForThePodAndForTheRecoveryBefore() {
    RaidStatus raid = raid(BackendState.BACKEND_STATE_MISSING);
    Seen.Backend notReady =
        new Seen.Backend(
            NEW_VOLUME.podUid(),
            NEW_VOLUME.claim(),
            NEW_VOLUME.claimUid(),
            Optional.of(new Seen.Trouble("WaitingForNodeFencing", "")));
    assertEquals(Optional.empty(), ask(raid, notReady));
    RaidStatus busy =
        raid.toBuilder()
            .setBackends(
                0, raid.getBackends(0).toBuilder().setState(BackendState.BACKEND_STATE_RECOVERING))
            .build();
    assertEquals(Optional.empty(), ask(busy, NEW_VOLUME));
  }

  @Test
  void serversNeedNotBeConnectedToWhatIsOut() {
    RaidStatus raid = raid(BackendState.BACKEND_STATE_FAILED);
    RaidStatus unconnected =
        raid.toBuilder()
            .setBackends(1, raid.getBackends(1).toBuilder().setConnected(false))
            .build();
    assertEquals(Optional.of("b"), ask(unconnected, NEW_POD));
  }

  @Test
  void statusKeepsTheOldVolumeUntilTheServersWereAsked() {
    RaidStatus out = raid(BackendState.BACKEND_STATE_DIVERGED);
    assertEquals("claim-1", remembered(Optional.of(out), Optional.empty()));
    assertEquals("claim-1", remembered(Optional.empty(), Optional.empty()));
    assertEquals("claim-2", remembered(Optional.of(out), Optional.of("b")));
    RaidStatus in = raid(BackendState.BACKEND_STATE_IN_SYNC);
    assertEquals("claim-2", remembered(Optional.of(in), Optional.empty()));
  }

  @Test
  void reloadsWhenTheBackendsAreOthers() {
    RaidStatus raid = raid(BackendState.BACKEND_STATE_IN_SYNC);
    assertFalse(Wishes.reload(wish, raid));
    RaidStatus fewer = raid.toBuilder().removeBackends(1).build();
    assertTrue(Wishes.reload(wish, fewer));
    assertFalse(Wishes.reload(wish("paused: true"), fewer));
    assertFalse(Wishes.reload(wish, fewer.toBuilder().setEpoch(0).build()));
  }

  @Test
  void reloadsTheServerThatWasGivenItsConfigurationLate() {
    RaidStatus raid = raid(BackendState.BACKEND_STATE_IN_SYNC);
    // A server that does not tell is left alone.
    assertFalse(Wishes.isLate(wish, raid));
    RaidStatus both = raid.toBuilder().addConfigured("a").addConfigured("b").build();
    assertFalse(Wishes.isLate(wish, both));
    RaidStatus late = raid.toBuilder().addConfigured("a").build();
    assertTrue(Wishes.isLate(wish, late));
    assertFalse(Wishes.isLate(wish("paused: true"), late));
    RaidStatus tooMany = both.toBuilder().addConfigured("c").build();
    assertTrue(Wishes.isLate(wish, tooMany));
  }

  private Optional<String> ask(RaidStatus raid, Seen.Backend b) {
    return Wishes.recovery(wish, raid, Map.of("a", SAME, "b", b));
  }

  private String remembered(Optional<RaidStatus> raid, Optional<String> asked) {
    return requireNonNull(Wishes.remembered(wish, raid, Map.of("b", NEW_VOLUME), asked).get("b"))
        .claimUid()
        .orElseThrow();
  }

  private static Seen.Backend shown(String pod, String claim) {
    return new Seen.Backend(Optional.of(pod), "data-db-b-0", Optional.of(claim), Optional.empty());
  }

  private static ZeoRaid wish(String more) {
    return Serialization.unmarshal(
        """
        apiVersion: zeoraid.io/v1alpha1
        kind: ZeoRaid
        metadata: {name: db, generation: 7}
        spec:
          backends: [{name: a}, {name: b}]
          %s
        status:
          backends:
          - {name: a, state: InSync, podUid: pod-1, claimUid: claim-1}
          - {name: b, state: Out, podUid: pod-1, claimUid: claim-1}
        """
            .formatted(more),
        ZeoRaid.class);
  }
}
