package io.zeoraid.operator.status;

import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.ProjectedVolumeSource;
import io.fabric8.kubernetes.api.model.SecretVolumeSource;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.zeoraid.operator.status.Seen.Trouble;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What pods and claims show of backends and servers. */
public final class PodSight {
  /** A kubelet that lives kills a pod in its grace period; a minute more is for its slowness. */
  private static final long FENCING_SECONDS = 60;

  /** A kubelet mounts a Secret that there is in a second or two. */
  private static final long MOUNT_SECONDS = 15;

  private PodSight() {}

  /**
   * A managed backend as its pod and claim show it.
   *
   * @param claimName the name that its claim has, or will have
   * @param now for how long a pod has been terminating
   */
  public static Seen.Backend backend(
      Optional<Pod> pod, String claimName, Optional<PersistentVolumeClaim> claim, Instant now) {
    return new Seen.Backend(
        pod.map(found -> found.getMetadata().getUid()),
        claimName,
        claim.map(found -> found.getMetadata().getUid()),
        trouble(pod, claim, now));
  }

  private static Optional<Trouble> trouble(
      Optional<Pod> pod, Optional<PersistentVolumeClaim> claim, Instant now) {
    if (pod.isEmpty()) {
      return Optional.of(new Trouble("PodMissing", "its pod does not exist yet"));
    }
    Pod found = pod.get();
    if (found.getMetadata().getDeletionTimestamp() != null) {
      return Optional.of(terminating(found, now));
    }
    if (isReady(found)) {
      return Optional.empty();
    }
    Optional<Trouble> image =
        waiting(found)
            .filter(Stuck::isNoImage)
            .map(it -> new Trouble("ImageUnavailable", "its image can't be had: " + text(it)));
    return image
        .or(() -> volume(claim))
        .or(() -> Optional.of(new Trouble("PodNotReady", "its pod is not ready" + why(found))));
  }

  private static Trouble terminating(Pod pod, Instant now) {
    Instant deadline = OffsetDateTime.parse(pod.getMetadata().getDeletionTimestamp()).toInstant();
    if (now.isAfter(deadline.plusSeconds(FENCING_SECONDS))) {
      return new Trouble(
          "WaitingForNodeFencing",
          "its pod should have ended long ago; its node does not answer. Bring the node back, or make"
              + " sure that it is off and taint it node.kubernetes.io/out-of-service");
    }
    return new Trouble("PodNotReady", "its pod is being deleted");
  }

  private static Optional<Trouble> volume(Optional<PersistentVolumeClaim> claim) {
    return claim
        .filter(found -> !Stuck.isBound(found))
        .map(found ->
            new Trouble(
                "VolumePending",
                "its claim "
                    + found.getMetadata().getName()
                    + " has no volume yet; kubectl describe it to see why"));
  }

  /**
   * That a pod has waited for long for Secrets that it mounts. Which of them is missing, or lacks a
   * key, stands only in Events of the pod, which the operator does not read; and it sees no Secret.
   *
   * @param now for how long
   */
  public static Optional<Trouble> secrets(Pod pod, Instant now) {
    Map<String, Set<String>> secrets = mounted(pod);
    if (secrets.isEmpty() || !waitsForVolumes(pod, now.minusSeconds(MOUNT_SECONDS))) {
      return Optional.empty();
    }
    String namespace = pod.getMetadata().getNamespace();
    String all =
        secrets.entrySet().stream()
            .map(secret ->
                "Secret "
                    + secret.getKey()
                    + (secret.getValue().isEmpty()
                        ? ""
                        : " with " + String.join(", ", secret.getValue())))
            .collect(Collectors.joining("; "));
    String component = pod.getMetadata().getLabels().get("app.kubernetes.io/component");
    return Optional.of(
        new Trouble(
            "WaitingForSecrets",
            "the pod of a "
                + component
                + " waits for its volumes. Needed in namespace "
                + namespace
                + ": "
                + all
                + ". Create what is missing; kubectl describe pod tells what that is, and it goes on by"
                + " itself then"));
  }

  /** The Secrets that a pod can't start without, and the keys of them. */
  private static Map<String, Set<String>> mounted(Pod pod) {
    Map<String, Set<String>> secrets = new TreeMap<>();
    for (Volume volume : pod.getSpec().getVolumes()) {
      SecretVolumeSource whole = volume.getSecret();
      if (whole != null && !Boolean.TRUE.equals(whole.getOptional())) {
        add(secrets, whole.getSecretName(), whole.getItems());
      }
      ProjectedVolumeSource projected = volume.getProjected();
      if (projected != null) {
        projected.getSources().stream()
            .map(VolumeProjection::getSecret)
            .filter(source -> source != null && !Boolean.TRUE.equals(source.getOptional()))
            .forEach(source -> add(secrets, source.getName(), source.getItems()));
      }
    }
    return secrets;
  }

  private static void add(Map<String, Set<String>> secrets, String name, List<KeyToPath> items) {
    Set<String> keys = secrets.computeIfAbsent(name, it -> new TreeSet<>());
    items.forEach(item -> keys.add(item.getKey()));
  }

  /** It has a node since then, and there is nothing yet that its containers could run in. */
  private static boolean waitsForVolumes(Pod pod, Instant then) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus() != null
        && "Pending".equals(pod.getStatus().getPhase())
        && condition(pod, "PodScheduled")
            .filter(scheduled -> "True".equals(scheduled.getStatus()))
            .map(PodCondition::getLastTransitionTime)
            .map(since -> OffsetDateTime.parse(since).toInstant().isBefore(then))
            .orElse(false)
        // While an image is pulled, this is true.
        && condition(pod, "PodReadyToStartContainers")
            .map(started -> "False".equals(started.getStatus()))
            .orElse(true);
  }

  private static Optional<PodCondition> condition(Pod pod, String type) {
    return pod.getStatus().getConditions().stream()
        .filter(it -> type.equals(it.getType()))
        .findFirst();
  }

  private static Optional<ContainerStateWaiting> waiting(Pod pod) {
    return pod.getStatus() == null
        ? Optional.empty()
        : pod.getStatus().getContainerStatuses().stream()
            .map(ContainerStatus::getState)
            .filter(state -> state != null && state.getWaiting() != null)
            .map(state -> state.getWaiting())
            .findFirst();
  }

  private static String why(Pod pod) {
    return waiting(pod).map(it -> ": " + text(it)).orElse("");
  }

  // Its message has times in it, which would be a write each.
  private static String text(ContainerStateWaiting waiting) {
    return waiting.getReason() == null ? "waiting" : waiting.getReason();
  }

  /** Whether an init container that stays serves, whatever the rest of its pod does. */
  public static boolean isReady(Pod pod, String initContainer) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus() != null
        && pod.getStatus().getInitContainerStatuses().stream()
            .anyMatch(container ->
                initContainer.equals(container.getName())
                    && Boolean.TRUE.equals(container.getReady()));
  }

  /** Whether it has been serving since that time; one that does not say since when, always has. */
  public static boolean isReadySince(Pod pod, Instant then) {
    return isReady(pod)
        && pod.getStatus().getConditions().stream()
            .filter(condition -> "Ready".equals(condition.getType()))
            .map(condition -> condition.getLastTransitionTime())
            .allMatch(
                since -> since == null || !OffsetDateTime.parse(since).toInstant().isAfter(then));
  }

  /** Whether it serves. */
  public static boolean isReady(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus() != null
        && pod.getStatus().getConditions().stream()
            .anyMatch(condition ->
                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
  }
}
