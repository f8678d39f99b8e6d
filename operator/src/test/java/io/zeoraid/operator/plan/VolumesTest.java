package io.zeoraid.operator.plan;

import static io.zeoraid.operator.plan.Said.backend;
import static io.zeoraid.operator.plan.Said.raid;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Volumes that grow, and those that are replaced. */
final class VolumesTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final String BOUND = "{phase: Bound, capacity: {storage: 1Gi}}";

  @Test
  void claimThatAsksForLessGrows() {
    assertEquals(new Growth.Step.Ask("2Gi"), growth("1Gi", BOUND, ""));
    assertEquals(new Growth.Step.Wait(), growth("2Gi", BOUND, ""));
    assertEquals(
        new Growth.Step.Nothing(),
        growth("2048Mi", "{phase: Bound, capacity: {storage: 2Gi}}", ""));
    // It never shrinks.
    assertEquals(
        new Growth.Step.Nothing(), growth("3Gi", "{phase: Bound, capacity: {storage: 3Gi}}", ""));
  }

  @Test
  void claimWithoutAVolumeIsLeftAlone() {
    assertEquals(new Growth.Step.Nothing(), growth("1Gi", "{phase: Pending}", ""));
    assertEquals(
        Map.of(),
        Growth.of(
            Map.of("data-db-b-0", "2Gi"),
            List.of(claim("1Gi", BOUND, ", deletionTimestamp: \"2026-03-01T11:59:00Z\""))));
  }

  @Test
  void claimOfABackendThatIsOutIsDeletedWithItsPod() {
    for (BackendState state :
        new BackendState[] {
          BackendState.BACKEND_STATE_FAILED,
          BackendState.BACKEND_STATE_MISSING,
          BackendState.BACKEND_STATE_DIVERGED,
          BackendState.BACKEND_STATE_DISABLED
        }) {
      var step = assertInstanceOf(Reprovision.Step.Delete.class, step("uid-b", raid(state), ""));
      assertTrue(step.pod().isPresent(), state.name());
    }
  }

  @Test
  void annotationThatNamesAnotherClaimIsOfNoEffect() {
    RaidStatus diverged = raid(BackendState.BACKEND_STATE_DIVERGED);
    assertEquals(new Reprovision.Step.Nothing(), step("uid-of-one-that-is-gone", diverged, ""));
    assertEquals(new Reprovision.Step.Nothing(), step(null, diverged, ""));
  }

  @Test
  void nothingInSyncIsDeletedAndNothingWhileARebuildOrAnOutageLasts() {
    assertInstanceOf(
        Reprovision.Step.Refuse.class, step("uid-b", raid(BackendState.BACKEND_STATE_IN_SYNC), ""));
    assertInstanceOf(
        Reprovision.Step.Wait.class,
        step("uid-b", raid(BackendState.BACKEND_STATE_RECOVERING), ""));
    RaidStatus diverged = raid(BackendState.BACKEND_STATE_DIVERGED);
    RaidStatus busy =
        diverged.toBuilder()
            .addBackends(backend("c", BackendState.BACKEND_STATE_RECOVERING))
            .build();
    assertInstanceOf(Reprovision.Step.Wait.class, step("uid-b", busy, ""));
    RaidStatus alone =
        diverged.toBuilder()
            .setBackends(0, diverged.getBackends(0).toBuilder().setConnected(false))
            .build();
    assertInstanceOf(Reprovision.Step.Wait.class, step("uid-b", alone, ""));
    assertInstanceOf(
        Reprovision.Step.Wait.class,
        step("uid-b", diverged.toBuilder().setServing(false).build(), ""));
    assertInstanceOf(
        Reprovision.Step.Wait.class,
        step("uid-b", diverged.toBuilder().setDataLossSuspected(true).build(), ""));
  }

  @Test
  void operatorThatWasKilledBetweenTheDeletionsGoesOn() {
    RaidStatus diverged = raid(BackendState.BACKEND_STATE_DIVERGED);
    String goes = ", deletionTimestamp: \"2026-03-01T11:59:00Z\"";
    assertInstanceOf(Reprovision.Step.Delete.class, step("uid-b", diverged, goes));
    // Not for ever.
    String stuck = ", deletionTimestamp: \"2026-03-01T11:40:00Z\"";
    assertInstanceOf(Reprovision.Step.Refuse.class, step("uid-b", diverged, stuck));
  }

  @Test
  void podThatNoNodeHasTakenIsTheNextOne() {
    RaidStatus diverged = raid(BackendState.BACKEND_STATE_DIVERGED);
    String goes = ", deletionTimestamp: \"2026-03-01T11:59:00Z\"";
    assertInstanceOf(
        Reprovision.Step.Wait.class,
        Reprovision.of(
            wish("uid-b"),
            Map.of("b", "data-db-b-0"),
            List.of(claim("1Gi", BOUND, goes)),
            List.of(pod("{containers: []}")),
            Optional.of(diverged),
            NOW));
  }

  private static Reprovision.Step step(@Nullable String uid, RaidStatus raid, String meta) {
    return Reprovision.of(
        wish(uid),
        Map.of("b", "data-db-b-0"),
        List.of(claim("1Gi", BOUND, meta)),
        List.of(pod("{nodeName: one, containers: []}")),
        Optional.of(raid),
        NOW);
  }

  private static Growth.Step growth(String asks, String status, String meta) {
    return Growth.of(Map.of("data-db-b-0", "2Gi"), List.of(claim(asks, status, meta)))
        .getOrDefault("data-db-b-0", new Growth.Step.Nothing());
  }

  private static PersistentVolumeClaim claim(String asks, String status, String meta) {
    return Serialization.unmarshal(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data-db-b-0, uid: uid-b%s}
        spec: {resources: {requests: {storage: %s}}}
        status: %s
        """
            .formatted(meta, asks, status),
        PersistentVolumeClaim.class);
  }

  private static Pod pod(String spec) {
    return Serialization.unmarshal(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: db-b-0, labels: {zeoraid.io/backend: b}}
        spec: %s
        """
            .formatted(spec),
        Pod.class);
  }

  private static ZeoRaid wish(@Nullable String uid) {
    ZeoRaid wish =
        Serialization.unmarshal(
            """
            apiVersion: zeoraid.io/v1alpha1
            kind: ZeoRaid
            metadata: {name: db}
            spec: {backends: [{name: a}, {name: b}]}
            """,
            ZeoRaid.class);
    wish.getMetadata().setAnnotations(uid == null ? Map.of() : Map.of(Reprovision.ANNOTATION, uid));
    return wish;
  }
}
