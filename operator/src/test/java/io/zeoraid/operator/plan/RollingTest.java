package io.zeoraid.operator.plan;

import static io.zeoraid.operator.plan.Said.raid;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.operator.plan.Rolling.BackendPod;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RollingTest {
  private static final BackendPod NEW = new BackendPod(true, false, true);
  private static final BackendPod OLD = new BackendPod(true, true, true);
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @Test
  void oneAfterAnotherWhileAllAreInSync() {
    assertEquals(Optional.of("a"), next(raid(BackendState.BACKEND_STATE_IN_SYNC), OLD, OLD));
    assertEquals(Optional.of("b"), next(raid(BackendState.BACKEND_STATE_IN_SYNC), NEW, OLD));
    assertEquals(Optional.empty(), next(raid(BackendState.BACKEND_STATE_IN_SYNC), NEW, NEW));
  }

  @Test
  void waitsForTheOneBefore() {
    RaidStatus well = raid(BackendState.BACKEND_STATE_IN_SYNC);
    BackendPod missing = new BackendPod(false, false, false);
    BackendPod fresh = new BackendPod(true, false, false);
    assertEquals(Optional.empty(), next(well, OLD, missing));
    // Ready, but not for long: the servers may not have seen yet that its volume is empty.
    assertEquals(Optional.empty(), next(well, OLD, fresh));
    assertEquals(Optional.empty(), next(raid(BackendState.BACKEND_STATE_RECOVERING), OLD, NEW));
    RaidStatus unconnected =
        well.toBuilder()
            .setBackends(1, well.getBackends(1).toBuilder().setConnected(false))
            .build();
    assertEquals(Optional.empty(), next(unconnected, OLD, NEW));
  }

  @Test
  void neverWhileItPacks() {
    RaidStatus packing =
        raid(BackendState.BACKEND_STATE_IN_SYNC).toBuilder().setPacking("packing a").build();
    assertEquals(Optional.empty(), next(packing, OLD, NEW));
  }

  @Test
  void neverTheLastOneInSync() {
    for (BackendState state :
        new BackendState[] {
          BackendState.BACKEND_STATE_FAILED,
          BackendState.BACKEND_STATE_MISSING,
          BackendState.BACKEND_STATE_DIVERGED,
          BackendState.BACKEND_STATE_DISABLED,
          BackendState.BACKEND_STATE_RECOVERING
        }) {
      assertEquals(Optional.empty(), next(raid(state), OLD, NEW), state.name());
    }
  }

  @Test
  void whatIsOutComesFirstSinceItCostsNothing() {
    // A broken image, and its successor: it would never be in sync otherwise.
    BackendPod crashing = new BackendPod(true, true, false);
    assertEquals(Optional.of("b"), next(raid(BackendState.BACKEND_STATE_FAILED), OLD, crashing));
  }

  @Test
  void nothingWhilePausedHibernatedOrNotServed() {
    RaidStatus well = raid(BackendState.BACKEND_STATE_IN_SYNC);
    for (String spec : new String[] {"paused: true", "hibernated: true"}) {
      assertEquals(
          Optional.empty(), Rolling.next(wish(spec), well, Map.of("a", OLD, "b", OLD)), spec);
    }
    assertEquals(Optional.empty(), next(well.toBuilder().setServing(false).build(), OLD, OLD));
    assertEquals(
        Optional.empty(), next(well.toBuilder().setDataLossSuspected(true).build(), OLD, OLD));
    assertEquals(Optional.empty(), next(well.toBuilder().setEpoch(0).build(), OLD, OLD));
    // The servers do not know a new backend yet.
    assertEquals(Optional.empty(), next(well.toBuilder().removeBackends(1).build(), OLD, OLD));
  }

  @Test
  void outdatedIsWhatItsControllerSaysOfTheLatestTemplate() {
    assertTrue(pod("x-2", 3, "x-1").outdated());
    assertFalse(pod("x-1", 3, "x-1").outdated());
    // It has not looked yet.
    assertFalse(pod("x-2", 2, "x-1").outdated());
    assertTrue(pod("x-2", 3, "x-1").settled());
  }

  private static BackendPod pod(String update, long observed, String revision) {
    StatefulSet set =
        Serialization.unmarshal(
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db-a, generation: 3}
            status: {updateRevision: %s, observedGeneration: %d, replicas: 1}
            """
                .formatted(update, observed),
            StatefulSet.class);
    Pod pod =
        Serialization.unmarshal(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: db-a-0, labels: {controller-revision-hash: %s}}
            status:
              conditions: [{type: Ready, status: "True", lastTransitionTime: "2026-03-01T11:59:30Z"}]
            """
                .formatted(revision),
            Pod.class);
    return BackendPod.of(Optional.of(set), Optional.of(pod), NOW);
  }

  private static Optional<String> next(RaidStatus raid, BackendPod a, BackendPod b) {
    return Rolling.next(wish("paused: false"), raid, Map.of("a", a, "b", b));
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
        """
            .formatted(more),
        ZeoRaid.class);
  }
}
