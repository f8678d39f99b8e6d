package io.zeoraid.operator.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.operator.plan.Ownership;
import io.zeoraid.operator.status.Seen.Trouble;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes what runs as it is planned, by server-side apply.
 *
 * <p>Nothing is sent if the plan is the one that was applied last, and the object has the resource
 * version that this gave ({@code docs/adr/0017}). What is remembered for that may be lost: then the
 * same is applied again, which the API server takes without a write.
 *
 * <p>Threads: several, but one at a time for a ZeoRaid.
 */
final class Applier {
  /** The field manager of all that the operator writes. */
  static final String MANAGER = "zeoraid-operator";

  private static final Logger LOG = Logger.getLogger(Applier.class);
  private static final Set<Integer> PERMANENT = Set.of(400, 403, 404, 422);

  /**
   * What came of it.
   *
   * @param complete whether all is as planned
   * @param trouble what a person has to see to
   */
  record Result(boolean complete, Optional<Trouble> trouble) {}

  private record Applied(HasMetadata planned, String resourceVersion) {}

  private final KubernetesClient client;
  private final Map<String, Map<String, Applied>> applied = new ConcurrentHashMap<>();

  Applier(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Applies what differs, in this order. Nothing at all if an object of somebody else has the name
   * of one that is planned: servers would reach the backends of another RAID by it.
   */
  Result apply(ZeoRaid wish, List<HasMetadata> planned, Found found) {
    Map<String, Applied> memory =
        applied.computeIfAbsent(wish.getMetadata().getUid(), uid -> new HashMap<>());
    Map<String, HasMetadata> existing = new HashMap<>();
    found.children().forEach(child -> existing.put(key(child), child));
    for (HasMetadata child : planned) {
      HasMetadata there = existing.get(key(child));
      // What is not in the cache may be there without our labels.
      if (there == null && (there = client.resource(child).get()) != null) {
        existing.put(key(child), there);
      }
      if (there == null) {
        continue;
      }
      switch (Ownership.of(wish, there)) {
        case Ownership.Ours ours -> {}
        case Ownership.Leaving leaving -> {
          return new Result(false, Optional.empty());
        }
        case Ownership.Foreign foreign -> {
          return new Result(false, Optional.of(new Trouble("NameTaken", foreign.whose())));
        }
      }
    }
    return applyAll(planned, existing, memory);
  }

  private Result applyAll(
      List<HasMetadata> planned, Map<String, HasMetadata> existing, Map<String, Applied> memory) {
    for (HasMetadata child : planned) {
      String key = key(child);
      if (isApplied(memory.get(key), child, existing.get(key))) {
        continue;
      }
      try {
        String version = apply(child);
        memory.put(key, new Applied(child, version));
        if (!existing.containsKey(key)
            || !version.equals(existing.get(key).getMetadata().getResourceVersion())) {
          LOG.infof("applied %s in %s", key, child.getMetadata().getNamespace());
        }
      } catch (KubernetesClientException e) {
        if (!PERMANENT.contains(e.getCode())) {
          throw e;
        }
        return new Result(false, Optional.of(new Trouble("Refused", key + ": " + why(e))));
      }
    }
    return new Result(true, Optional.empty());
  }

  private String apply(HasMetadata child) {
    return client
        .resource(child)
        .fieldManager(MANAGER)
        .forceConflicts()
        .serverSideApply()
        .getMetadata()
        .getResourceVersion();
  }

  private static boolean isApplied(
      @Nullable Applied before, HasMetadata planned, @Nullable HasMetadata existing) {
    return before != null
        && existing != null
        && before.planned().equals(planned)
        && before.resourceVersion().equals(existing.getMetadata().getResourceVersion());
  }

  /** Deletes an object, if it is still the one that was decided upon. */
  void delete(HasMetadata child) {
    LOG.infof("deleting %s in %s", key(child), child.getMetadata().getNamespace());
    client.resource(child).lockResourceVersion(child.getMetadata().getResourceVersion()).delete();
  }

  /** A ZeoRaid that is gone. */
  void forget(String uid) {
    applied.remove(uid);
  }

  static String why(KubernetesClientException e) {
    return e.getStatus() == null || e.getStatus().getMessage() == null
        ? String.valueOf(e.getMessage())
        : e.getStatus().getMessage();
  }

  private static String key(HasMetadata object) {
    return object.getKind() + " " + object.getMetadata().getName();
  }
}
