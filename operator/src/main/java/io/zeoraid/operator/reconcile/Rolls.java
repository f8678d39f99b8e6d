package io.zeoraid.operator.reconcile;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.operator.plan.Rolling;
import io.zeoraid.operator.plan.Rolling.BackendPod;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Deletes pods of backends that are outdated, one at a time; {@link Rolling} decides. */
final class Rolls {
  private static final Logger LOG = Logger.getLogger(Rolls.class);

  /** It changed since it was read, or is gone. */
  private static final Set<Integer> OTHERWISE = Set.of(404, 409);

  private final KubernetesClient client;

  Rolls(KubernetesClient client) {
    this.client = client;
  }

  /** The pods of the managed backends as the caches have them. */
  static Map<String, BackendPod> cached(Set<String> backends, Found found, Instant now) {
    Map<String, BackendPod> pods = new TreeMap<>();
    for (String backend : backends) {
      Optional<StatefulSet> set =
          found.children().stream()
              .filter(StatefulSet.class::isInstance)
              .map(StatefulSet.class::cast)
              .filter(it -> isOf(backend, it.getMetadata().getLabels()))
              .findFirst();
      Optional<Pod> pod =
          found.pods().stream()
              .filter(it -> isOf(backend, it.getMetadata().getLabels()))
              .findFirst();
      pods.put(backend, BackendPod.of(set, pod, now));
    }
    return pods;
  }

  /**
   * Deletes at most one. What the caches show is only a hint: everything is read anew before, and
   * what was read is the condition of the deletion.
   *
   * @param asks asks the servers again
   */
  void roll(
      ZeoRaid wish,
      Optional<RaidStatus> raid,
      Map<String, BackendPod> cached,
      Supplier<Optional<RaidStatus>> asks,
      Instant now) {
    if (raid.flatMap(said -> Rolling.next(wish, said, cached)).isEmpty()) {
      return;
    }
    Map<String, BackendPod> pods = new TreeMap<>();
    Map<String, Pod> live = new TreeMap<>();
    String namespace = wish.getMetadata().getNamespace();
    for (String backend : cached.keySet()) {
      String set = wish.getMetadata().getName() + "-" + backend;
      Optional<Pod> pod =
          Optional.ofNullable(client.pods().inNamespace(namespace).withName(set + "-0").get());
      pod.ifPresent(found -> live.put(backend, found));
      pods.put(
          backend,
          BackendPod.of(
              Optional.ofNullable(
                  client.apps().statefulSets().inNamespace(namespace).withName(set).get()),
              pod,
              now));
    }
    asks.get()
        .flatMap(said -> Rolling.next(wish, said, pods))
        .map(live::get)
        .ifPresent(this::delete);
  }

  private void delete(Pod pod) {
    LOG.infof(
        "deleting pod %s in %s: its template is outdated, and all other backends are in sync",
        pod.getMetadata().getName(), pod.getMetadata().getNamespace());
    try {
      client.resource(pod).lockResourceVersion(pod.getMetadata().getResourceVersion()).delete();
    } catch (KubernetesClientException e) {
      if (!OTHERWISE.contains(e.getCode())) {
        throw e;
      }
    }
  }

  private static boolean isOf(String backend, Map<String, String> labels) {
    return labels != null && backend.equals(labels.get("zeoraid.io/backend"));
  }
}
