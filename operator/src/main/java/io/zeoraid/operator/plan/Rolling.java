package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.BackendStatus;
import io.zeoraid.control.v1.RaidState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidSpec;
import io.zeoraid.operator.status.PodSight;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Says which backend gets its new template next. The StatefulSets have the strategy {@code
 * OnDelete}: their controller makes a new pod once the old one is deleted.
 */
public final class Rolling {
  /** By then the servers have noticed that a connection is broken, or a volume another one. */
  private static final long SETTLED_SECONDS = 10;

  /**
   * The pod of a managed backend.
   *
   * @param exists whether there is one that is not being deleted
   * @param outdated whether it comes of another template than its StatefulSet has now
   * @param settled whether it has been ready for a while
   */
  public record BackendPod(boolean exists, boolean outdated, boolean settled) {
    /** What both show. */
    public static BackendPod of(Optional<StatefulSet> set, Optional<Pod> pod, Instant now) {
      Optional<Pod> living =
          pod.filter(found -> found.getMetadata().getDeletionTimestamp() == null);
      return new BackendPod(
          living.isPresent(),
          set.flatMap(wanted -> living.map(found -> isOutdated(wanted, found))).orElse(false),
          living
              .map(found -> PodSight.isReadySince(found, now.minusSeconds(SETTLED_SECONDS)))
              .orElse(false));
    }

    private static boolean isOutdated(StatefulSet set, Pod pod) {
      var status = set.getStatus();
      // Its controller has not looked at the latest template yet: then nobody knows.
      if (status == null
          || status.getUpdateRevision() == null
          || !Objects.equals(status.getObservedGeneration(), set.getMetadata().getGeneration())) {
        return false;
      }
      Map<String, String> labels = pod.getMetadata().getLabels();
      String revision = labels == null ? null : labels.get("controller-revision-hash");
      return revision != null && !revision.equals(status.getUpdateRevision());
    }
  }

  private Rolling() {}

  /** The backends whose pods are outdated, in order. */
  public static Set<String> outdated(Map<String, BackendPod> pods) {
    return pods.entrySet().stream()
        .filter(pod -> pod.getValue().outdated())
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * The backend whose pod may be deleted now: the RAID is served, nothing is being rebuilt or
   * packed, every other backend is in sync and connected, and its pod, if it is managed, has been
   * ready for a while. Those that are out come first, since they cost nothing. The only backend of
   * a RAID is rolled, too: commits wait for it meanwhile.
   *
   * @param wish the ZeoRaid
   * @param raid what the servers say
   * @param pods the pods of all managed backends, by name of the backend
   */
  public static Optional<String> next(ZeoRaid wish, RaidStatus raid, Map<String, BackendPod> pods) {
    ZeoRaidSpec spec = wish.getSpec();
    if (Boolean.TRUE.equals(spec.paused())
        || Boolean.TRUE.equals(spec.hibernated())
        || !isServed(raid)
        || Wishes.reload(wish, raid)
        || isAny(raid, BackendState.BACKEND_STATE_RECOVERING)
        // It would have to begin anew with this one.
        || !raid.getPacking().isEmpty()
        // The one before is still on its way.
        || pods.values().stream().anyMatch(pod -> !pod.exists())) {
      return Optional.empty();
    }
    return raid.getBackendsList().stream()
        .filter(backend -> isOutdated(pods, backend.getName()))
        .filter(backend -> backend.getState() != BackendState.BACKEND_STATE_UNSPECIFIED)
        .filter(backend -> areOthersWell(raid, pods, backend.getName()))
        .min(
            Comparator.comparing((BackendStatus backend) ->
                    backend.getState() == BackendState.BACKEND_STATE_IN_SYNC)
                .thenComparing(BackendStatus::getName))
        .map(BackendStatus::getName);
  }

  /** Whether clients are served, and nothing is suspected to be lost. */
  static boolean isServed(RaidStatus raid) {
    return raid.getServing()
        && raid.getEpoch() > 0
        && raid.getState() != RaidState.RAID_STATE_FAILED
        && !raid.getDataLossSuspected();
  }

  private static boolean isOutdated(Map<String, BackendPod> pods, String backend) {
    BackendPod pod = pods.get(backend);
    return pod != null && pod.outdated();
  }

  private static boolean areOthersWell(
      RaidStatus raid, Map<String, BackendPod> pods, String backend) {
    return raid.getBackendsList().stream()
        .filter(other -> !other.getName().equals(backend))
        .allMatch(other -> {
          BackendPod pod = pods.get(other.getName());
          return other.getState() == BackendState.BACKEND_STATE_IN_SYNC
              && other.getConnected()
              && (pod == null || pod.settled());
        });
  }

  static boolean isAny(RaidStatus raid, BackendState state) {
    return raid.getBackendsList().stream().anyMatch(backend -> backend.getState() == state);
  }
}
