package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidStatus;
import io.zeoraid.crd.ZeoRaidStatus.Truth;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;

/**
 * The order in which a RAID falls asleep and wakes up. The servers end first, so that what they are
 * doing comes to its end and they miss no backend; when it wakes up, the backends come first, so
 * that none is put out for being late.
 */
public enum Hibernation {
  /** It runs, or is to. */
  AWAKE,
  /** Servers are ending; the backends run on. */
  FALLING_ASLEEP,
  /** Everything is stopped. */
  ASLEEP,
  /** Backends are starting; the servers wait for them. */
  WAKING_UP;

  /** The reason of the condition Reconciling while it wakes up. */
  public static final String WAKING = "WakingUp";

  /** A backend that can't start must not hold up the others for ever. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /**
   * Where it is.
   *
   * @param children the objects of the ZeoRaid
   * @param pods all pods of the ZeoRaid
   * @param ready whether each managed backend has a pod that is ready
   */
  public static Hibernation of(
      ZeoRaid wish,
      Collection<HasMetadata> children,
      Collection<Pod> pods,
      boolean ready,
      Instant now) {
    if (Boolean.TRUE.equals(wish.getSpec().hibernated())) {
      return pods.stream().anyMatch(Hibernation::isServer) ? FALLING_ASLEEP : ASLEEP;
    }
    boolean slept =
        children.stream()
            .anyMatch(child ->
                child instanceof Deployment servers
                    && Integer.valueOf(0).equals(servers.getSpec().getReplicas()));
    return slept && !ready && !isTired(wish, now) ? WAKING_UP : AWAKE;
  }

  private static boolean isServer(Pod pod) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    return labels != null && "server".equals(labels.get("app.kubernetes.io/component"));
  }

  /** Whether it has been waking up for too long, as the status says. */
  private static boolean isTired(ZeoRaid wish, Instant now) {
    ZeoRaidStatus status = wish.getStatus();
    return status != null
        && status.conditions() != null
        && status.conditions().stream()
            .filter(it -> it.type().equals("Reconciling"))
            .filter(it -> it.status() == Truth.True && it.reason().equals(WAKING))
            .anyMatch(it -> now.isAfter(Instant.parse(it.lastTransitionTime()).plus(PATIENCE)));
  }
}
