package io.zeoraid.operator.status;

import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.zeoraid.operator.status.Seen.Trouble;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What keeps a pod from running until a person does something, which is said once it has lasted:
 * the condition {@code Stalled} is no alarm for what passes by itself.
 */
public final class Stuck {
  private static final Set<String> NO_IMAGE =
      Set.of("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull");

  /** A registry may fail once, and a volume may take its time. */
  private static final long PATIENCE_SECONDS = 45;

  /** Who is killed now and then is started again. */
  private static final int RESTARTS = 4;

  private Stuck() {}

  /** Whether this is a word of the kubelet for an image that it can't get. */
  static boolean isNoImage(ContainerStateWaiting waiting) {
    return NO_IMAGE.contains(waiting.getReason());
  }

  /**
   * @param pod the pod of a server
   * @param container the server's own: beside Zope the others are somebody else's
   */
  public static Optional<Trouble> server(Pod pod, String container, Instant now) {
    return pod(pod, "a server", statuses(pod).filter(it -> container.equals(it.getName())), now);
  }

  /**
   * @param name the backend's
   * @param claim its claim, if there is one
   */
  public static Optional<Trouble> backend(
      String name, Pod pod, Optional<PersistentVolumeClaim> claim, Instant now) {
    String whose = "backend " + name;
    return pod(pod, whose, statuses(pod), now)
        .or(() ->
            claim
                .filter(found -> hasLasted(pod, now) && !isBound(found))
                .map(found ->
                    new Trouble(
                        "VolumePending",
                        whose
                            + ": its claim "
                            + found.getMetadata().getName()
                            + " has no volume; kubectl describe it to see why")));
  }

  private static Optional<Trouble> pod(
      Pod pod, String whose, Stream<ContainerStatus> containers, Instant now) {
    if (!hasLasted(pod, now) || PodSight.isReady(pod)) {
      return Optional.empty();
    }
    return containers.flatMap(container -> container(container, whose).stream()).findFirst();
  }

  private static Optional<Trouble> container(ContainerStatus container, String whose) {
    if (container.getState() == null || container.getState().getWaiting() == null) {
      return Optional.empty();
    }
    ContainerStateWaiting waiting = container.getState().getWaiting();
    if (isNoImage(waiting)) {
      return Optional.of(
          new Trouble(
              "ImageUnavailable",
              whose
                  + ": its image "
                  + container.getImage()
                  + " can't be had. Is its name right, and may the node pull it?"));
    }
    if ("CrashLoopBackOff".equals(waiting.getReason())
        && container.getRestartCount() != null
        && container.getRestartCount() >= RESTARTS) {
      return Optional.of(
          new Trouble(
              "CrashLooping", whose + " ends again and again; kubectl logs --previous tells why"));
    }
    return Optional.empty();
  }

  static boolean isBound(PersistentVolumeClaim claim) {
    return claim.getStatus() != null && "Bound".equals(claim.getStatus().getPhase());
  }

  private static boolean hasLasted(Pod pod, Instant now) {
    String since = pod.getMetadata().getCreationTimestamp();
    return pod.getMetadata().getDeletionTimestamp() == null
        && since != null
        && OffsetDateTime.parse(since).toInstant().isBefore(now.minusSeconds(PATIENCE_SECONDS));
  }

  private static Stream<ContainerStatus> statuses(Pod pod) {
    return pod.getStatus() == null
        ? Stream.empty()
        : Stream.of(
                pod.getStatus().getContainerStatuses(), pod.getStatus().getInitContainerStatuses())
            .flatMap(List::stream);
  }
}
