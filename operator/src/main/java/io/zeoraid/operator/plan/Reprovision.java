package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.BackendStatus;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Says whether a backend gets a fresh volume, as the annotation {@code zeoraid.io/reprovision}
 * wishes. It names the UID of a claim, so that it is of no effect once that is gone: it may stay,
 * and may be applied again by a GitOps tool ({@code docs/adr/0023}).
 */
public final class Reprovision {
  /** Names the UID of the claim that is to be deleted. */
  public static final String ANNOTATION = "zeoraid.io/reprovision";

  /** A claim that is deleted goes as soon as its pod has ended. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private Reprovision() {}

  /** What to do. */
  public sealed interface Step {
    /** Nothing is wished for, or it was done. */
    record Nothing() implements Step {}

    /** The claim, and its pod if there is one, are to be deleted. */
    record Delete(PersistentVolumeClaim claim, Optional<Pod> pod) implements Step {}

    /**
     * It is under way, or can't be done now.
     *
     * @param why for people
     */
    record Wait(String why) implements Step {}

    /**
     * It can't be done, or did not come to an end; a person has to see to it.
     *
     * @param why for people
     */
    record Refuse(String why) implements Step {}
  }

  /**
   * Decides by the claims and pods that there are.
   *
   * @param names the name of each managed backend's claim, by the name of the backend
   * @param raid what the servers say; empty if none could be asked
   */
  public static Step of(
      ZeoRaid wish,
      Map<String, String> names,
      Collection<PersistentVolumeClaim> claims,
      Collection<Pod> pods,
      Optional<RaidStatus> raid,
      Instant now) {
    Map<String, String> annotations = wish.getMetadata().getAnnotations();
    String uid = annotations == null ? null : annotations.get(ANNOTATION);
    if (uid == null
        || Boolean.TRUE.equals(wish.getSpec().paused())
        || Boolean.TRUE.equals(wish.getSpec().hibernated())) {
      return new Step.Nothing();
    }
    for (var name : new TreeMap<>(names).entrySet()) {
      for (PersistentVolumeClaim claim : claims) {
        if (claim.getMetadata().getName().equals(name.getValue())
            && claim.getMetadata().getUid().equals(uid)) {
          return of(name.getKey(), claim, pod(name.getKey(), pods), raid, now);
        }
      }
    }
    return new Step.Nothing();
  }

  private static Step of(
      String backend,
      PersistentVolumeClaim claim,
      Optional<Pod> pod,
      Optional<RaidStatus> raid,
      Instant now) {
    String deleted = claim.getMetadata().getDeletionTimestamp();
    if (deleted != null && now.isAfter(OffsetDateTime.parse(deleted).toInstant().plus(PATIENCE))) {
      return new Step.Refuse(
          "the claim of backend "
              + backend
              + " was deleted at "
              + deleted
              + ", and is still there: see what holds it (kubectl describe pvc "
              + claim.getMetadata().getName()
              + ")");
    }
    return raid.map(said -> judge(backend, claim, pod, said))
        .orElseGet(() -> new Step.Wait("no ZEORaid server can be asked"));
  }

  private static Step judge(
      String backend, PersistentVolumeClaim claim, Optional<Pod> pod, RaidStatus raid) {
    Optional<BackendStatus> member =
        raid.getBackendsList().stream().filter(it -> it.getName().equals(backend)).findFirst();
    if (member.isEmpty() || !Rolling.isServed(raid)) {
      return new Step.Wait("the RAID does not serve; nothing is deleted meanwhile");
    }
    return switch (member.get().getState()) {
      case BACKEND_STATE_IN_SYNC ->
          new Step.Refuse(
              "backend "
                  + backend
                  + " is in sync: nothing is deleted. Take it out first (zeoraid disable "
                  + backend
                  + "), or take the annotation away");
      case BACKEND_STATE_RECOVERING ->
          new Step.Wait("backend " + backend + " is being rebuilt; nothing is deleted meanwhile");
      case BACKEND_STATE_UNSPECIFIED, UNRECOGNIZED ->
          new Step.Wait("nobody knows whether backend " + backend + " is in sync");
      case BACKEND_STATE_FAILED,
          BACKEND_STATE_MISSING,
          BACKEND_STATE_DIVERGED,
          BACKEND_STATE_DISABLED ->
          out(backend, claim, pod, raid);
    };
  }

  private static Step out(
      String backend, PersistentVolumeClaim claim, Optional<Pod> pod, RaidStatus raid) {
    if (Rolling.isAny(raid, BackendState.BACKEND_STATE_RECOVERING)) {
      return new Step.Wait("another backend is being rebuilt; nothing is deleted meanwhile");
    }
    if (raid.getBackendsList().stream()
        .noneMatch(
            it -> it.getState() == BackendState.BACKEND_STATE_IN_SYNC && it.getConnected())) {
      return new Step.Wait("no backend is in sync and connected; nothing is deleted meanwhile");
    }
    // One that no node has taken does not hold the claim, and may be the next one already.
    Optional<Pod> holds =
        pod.filter(it -> it.getMetadata().getDeletionTimestamp() == null)
            .filter(it -> it.getSpec() != null && it.getSpec().getNodeName() != null);
    boolean claimGoes = claim.getMetadata().getDeletionTimestamp() != null;
    return claimGoes && holds.isEmpty()
        ? new Step.Wait("the volume of backend " + backend + " is being deleted")
        : new Step.Delete(claim, holds);
  }

  private static Optional<Pod> pod(String backend, Collection<Pod> pods) {
    return pods.stream()
        .filter(pod -> {
          Map<String, String> labels = pod.getMetadata().getLabels();
          return labels != null && backend.equals(labels.get(Raid.BACKEND_LABEL));
        })
        .findFirst();
  }
}
