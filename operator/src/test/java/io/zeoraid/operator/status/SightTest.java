package io.zeoraid.operator.status;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.control.v1.RaidStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SightTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @Test
  void reasonsOfPods() {
    assertEquals(Optional.of("PodMissing"), reason(Optional.empty()));
    assertEquals(
        Optional.empty(), reason(pod("{uid: x}", "conditions: [{type: Ready, status: 'True'}]")));
    assertEquals(Optional.of("VolumePending"), reason(pod("{uid: x}", "phase: Pending")));
    assertEquals(
        Optional.of("ImageUnavailable"),
        reason(
            pod(
                "{uid: x}",
                "containerStatuses: [{state: {waiting: {reason: ImagePullBackOff}}}]")));
  }

  @Test
  void podThatDoesNotEndWaitsForItsNode() {
    assertEquals(
        Optional.of("PodNotReady"),
        reason(pod("{uid: x, deletionTimestamp: '2026-03-01T11:59:50Z'}", "phase: Running")));
    assertEquals(
        Optional.of("WaitingForNodeFencing"),
        reason(pod("{uid: x, deletionTimestamp: '2026-03-01T11:50:00Z'}", "phase: Running")));
  }

  @Test
  void primaryOfTheLatestRecordIsBelieved() {
    RaidStatus old = view(6, "one", "one");
    RaidStatus secondary = view(7, "two", "three");
    RaidStatus primary = view(7, "two", "two");
    assertEquals(Optional.of(primary), Views.best(List.of(old, secondary, primary)));
    assertEquals(Optional.of(secondary), Views.best(List.of(secondary, old)));
    assertEquals(Optional.empty(), Views.best(List.of()));
  }

  private static RaidStatus view(long epoch, String primary, String server) {
    return RaidStatus.newBuilder().setEpoch(epoch).setPrimary(primary).setServer(server).build();
  }

  private static Optional<Pod> pod(String metadata, String status) {
    return Optional.of(
        Serialization.unmarshal(
            "apiVersion: v1\nkind: Pod\nmetadata: " + metadata + "\nstatus:\n  " + status,
            Pod.class));
  }

  private static Optional<String> reason(Optional<Pod> pod) {
    PersistentVolumeClaim pending =
        Serialization.unmarshal(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nstatus: {phase: Pending}",
            PersistentVolumeClaim.class);
    return PodSight.backend(pod, "c", Optional.of(pending), NOW)
        .trouble()
        .map(Seen.Trouble::reason);
  }
}
