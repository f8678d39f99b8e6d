package io.zeoraid.operator.status;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.operator.status.Seen.Trouble;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StuckTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final String LONG_AGO = "11:59:00";
  private static final String JUST_NOW = "11:59:50";

  private static Pod pod(String created, String status) {
    return Serialization.unmarshal(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: p, creationTimestamp: '2026-03-01T%sZ'}
        status:
          %s
        """
            .formatted(created, status),
        Pod.class);
  }

  private static String waiting(String name, String reason, int restarts) {
    return "[{name: %s, image: 'here/it:1', restartCount: %d, state: {waiting: {reason: %s}}}]"
        .formatted(name, restarts, reason);
  }

  private static Optional<String> server(String created, String reason, int restarts) {
    Pod pod = pod(created, "containerStatuses: " + waiting("zeoraid", reason, restarts));
    return Stuck.server(pod, "zeoraid", NOW).map(Trouble::reason);
  }

  private static Optional<Trouble> backend(String created, String phase) {
    PersistentVolumeClaim claim =
        Serialization.unmarshal(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nstatus: {phase: %s}"
                .formatted(phase),
            PersistentVolumeClaim.class);
    return Stuck.backend("a", pod(created, "phase: Pending"), Optional.of(claim), NOW);
  }

  @Test
  void anImageThatCannotBeHadIsToldOnceItHasLasted() {
    assertEquals(Optional.of("ImageUnavailable"), server(LONG_AGO, "ErrImagePull", 0));
    assertEquals(Optional.empty(), server(JUST_NOW, "ErrImagePull", 0));
    assertEquals(Optional.empty(), server(LONG_AGO, "ContainerCreating", 0));
  }

  @Test
  void theMessageIsTheSameWhateverTheKubeletIsAbout() {
    Pod pulls = pod(LONG_AGO, "containerStatuses: " + waiting("zeo", "ErrImagePull", 0));
    Pod waits = pod(LONG_AGO, "containerStatuses: " + waiting("zeo", "ImagePullBackOff", 0));
    Optional<Trouble> told = Stuck.backend("a", pulls, Optional.empty(), NOW);
    assertEquals(
        Optional.of(
            "backend a: its image here/it:1 can't be had. Is its name right, and may the node pull"
                + " it?"),
        told.map(Trouble::message));
    assertEquals(told, Stuck.backend("a", waits, Optional.empty(), NOW));
  }

  @Test
  void whoWasKilledOnceIsNotCalledACrashLoop() {
    assertEquals(Optional.empty(), server(LONG_AGO, "CrashLoopBackOff", 1));
    assertEquals(Optional.of("CrashLooping"), server(LONG_AGO, "CrashLoopBackOff", 4));
  }

  @Test
  void besideZopeOnlyTheServerIsOurs() {
    String zope = waiting("zope", "ErrImagePull", 0);
    String ours = waiting("zeoraid", "ErrImagePull", 0);
    assertEquals(
        Optional.empty(),
        Stuck.server(pod(LONG_AGO, "containerStatuses: " + zope), "zeoraid", NOW));
    assertEquals(
        Optional.of("ImageUnavailable"),
        Stuck.server(pod(LONG_AGO, "initContainerStatuses: " + ours), "zeoraid", NOW)
            .map(Trouble::reason));
  }

  @Test
  void aClaimWithoutAVolumeIsToldOnceItHasLasted() {
    assertEquals(Optional.of("VolumePending"), backend(LONG_AGO, "Pending").map(Trouble::reason));
    assertEquals(Optional.empty(), backend(JUST_NOW, "Pending"));
    assertEquals(Optional.empty(), backend(LONG_AGO, "Bound"));
  }

  @Test
  void aPodThatIsReadyIsNotStuck() {
    Pod ready =
        pod(
            LONG_AGO,
            "conditions: [{type: Ready, status: 'True'}]\n  containerStatuses: "
                + waiting("zeo", "CrashLoopBackOff", 9));
    assertEquals(Optional.empty(), Stuck.backend("a", ready, Optional.empty(), NOW));
  }
}
