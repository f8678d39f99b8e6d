package io.zeoraid.operator.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.operator.plan.Growth;
import io.zeoraid.operator.plan.Reprovision;
import io.zeoraid.operator.status.Seen.Trouble;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Lets volumes grow, and replaces them; {@link Growth} and {@link Reprovision} decide. */
final class Volumes {
  private static final Logger LOG = Logger.getLogger(Volumes.class);
  private static final Set<Integer> PERMANENT = Set.of(400, 403, 422);
  private static final Set<Integer> OTHERWISE = Set.of(404, 409);

  /**
   * How far it is.
   *
   * @param growing the claims whose volumes grow just now
   * @param trouble what keeps one from growing
   */
  record Result(Set<String> growing, Optional<Trouble> trouble) {
    static final Result NOTHING = new Result(Set.of(), Optional.empty());
  }

  private final KubernetesClient client;

  Volumes(KubernetesClient client) {
    this.client = client;
  }

  /** Writes larger sizes into claims; nothing else of them. */
  Result grow(Map<String, String> sizes, Found found) {
    Map<String, Growth.Step> steps = Growth.of(sizes, found.claims());
    Set<String> growing = new TreeSet<>();
    Optional<Trouble> trouble = Optional.empty();
    for (PersistentVolumeClaim claim : found.claims()) {
      String name = claim.getMetadata().getName();
      switch (steps.getOrDefault(name, new Growth.Step.Nothing())) {
        case Growth.Step.Nothing nothing -> {}
        case Growth.Step.Wait wait -> growing.add(name);
        case Growth.Step.Ask ask -> {
          Optional<Trouble> refused = ask(claim, ask.size());
          if (refused.isEmpty()) {
            growing.add(name);
          }
          trouble = trouble.or(() -> refused);
        }
      }
    }
    return new Result(growing, trouble);
  }

  private Optional<Trouble> ask(PersistentVolumeClaim claim, String size) {
    String name = claim.getMetadata().getName();
    if (cannotExpand(claim.getSpec().getStorageClassName())) {
      return Optional.of(
          new Trouble(
              "VolumeCannotGrow",
              "claim "
                  + name
                  + " is to grow to "
                  + size
                  + ", but its storage class does not allow that (allowVolumeExpansion). Add a backend"
                  + " with a larger volume of another class, and remove this one once that is in sync"));
    }
    try {
      client
          .resource(asking(claim, size))
          .fieldManager(Applier.MANAGER)
          .forceConflicts()
          .serverSideApply();
      LOG.infof("claim %s in %s grows to %s", name, claim.getMetadata().getNamespace(), size);
      return Optional.empty();
    } catch (KubernetesClientException e) {
      if (OTHERWISE.contains(e.getCode())) {
        return Optional.empty(); // another claim by now: next round
      }
      if (!PERMANENT.contains(e.getCode())) {
        throw e;
      }
      return Optional.of(
          new Trouble("VolumeCannotGrow", "claim " + name + " can't grow: " + Applier.why(e)));
    }
  }

  /**
   * Deletes the claim that the ZeoRaid's annotation names, and its pod. What the caches show is
   * only a hint: everything is read anew before.
   *
   * @param names the name of each managed backend's claim, by the name of the backend
   * @param asks asks the servers again
   */
  Reprovision.Step reprovision(
      ZeoRaid wish,
      Map<String, String> names,
      Found found,
      Optional<RaidStatus> raid,
      Supplier<Optional<RaidStatus>> asks,
      Instant now) {
    Reprovision.Step hint = Reprovision.of(wish, names, found.claims(), found.pods(), raid, now);
    if (!(hint instanceof Reprovision.Step.Delete)) {
      return hint;
    }
    String namespace = wish.getMetadata().getNamespace();
    List<PersistentVolumeClaim> claims = new ArrayList<>();
    List<Pod> pods = new ArrayList<>();
    names.forEach((backend, name) -> {
      add(client.persistentVolumeClaims().inNamespace(namespace).withName(name).get(), claims);
      String pod = wish.getMetadata().getName() + "-" + backend + "-0";
      add(client.pods().inNamespace(namespace).withName(pod).get(), pods);
    });
    Reprovision.Step step = Reprovision.of(wish, names, claims, pods, asks.get(), now);
    if (!(step instanceof Reprovision.Step.Delete delete)) {
      return step;
    }
    // The claim first: it goes once its pod has ended, and the next pod gets another one.
    if (delete.claim().getMetadata().getDeletionTimestamp() == null) {
      delete(delete.claim());
    }
    delete.pod().ifPresent(this::delete);
    return new Reprovision.Step.Wait("a volume is being deleted, as the annotation wishes");
  }

  private static <T> void add(@Nullable T found, List<T> all) {
    if (found != null) {
      all.add(found);
    }
  }

  private void delete(HasMetadata object) {
    var meta = object.getMetadata();
    LOG.infof(
        "deleting %s %s in %s, as wished", object.getKind(), meta.getName(), meta.getNamespace());
    try {
      client.resource(object).lockResourceVersion(meta.getResourceVersion()).delete();
    } catch (KubernetesClientException e) {
      if (!OTHERWISE.contains(e.getCode())) {
        throw e;
      }
    }
  }

  /** With its UID: another claim of this name is not touched, and none is made. */
  private static PersistentVolumeClaim asking(PersistentVolumeClaim claim, String size) {
    return new PersistentVolumeClaimBuilder()
        .withNewMetadata()
        .withName(claim.getMetadata().getName())
        .withNamespace(claim.getMetadata().getNamespace())
        .withUid(claim.getMetadata().getUid())
        .endMetadata()
        .withNewSpec()
        .withNewResources()
        .withRequests(Map.of("storage", new Quantity(size)))
        .endResources()
        .endSpec()
        .build();
  }

  /** Whether that is known; an operator without the right to look lets the API server say so. */
  private boolean cannotExpand(@Nullable String storageClass) {
    if (storageClass == null || storageClass.isEmpty()) {
      return true;
    }
    try {
      StorageClass found = client.storage().v1().storageClasses().withName(storageClass).get();
      return found != null && !Boolean.TRUE.equals(found.getAllowVolumeExpansion());
    } catch (KubernetesClientException e) {
      if (e.getCode() == 403) {
        return false;
      }
      throw e;
    }
  }
}
