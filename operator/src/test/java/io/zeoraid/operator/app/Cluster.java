package io.zeoraid.operator.app;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatusBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidStatus.BackendStatus;
import io.zeoraid.crd.ZeoRaidStatus.ConditionStatus;
import io.zeoraid.crd.ZeoRaidStatus.Truth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A namespace, in which the test is what the controllers and the kubelet would be. */
final class Cluster {
  static final String STORAGE_CLASS = "of-operator-test";
  private static final long SECONDS = 60;
  private final KubernetesClient admin;
  private final String namespace;

  Cluster(KubernetesClient admin, String namespace) {
    this.admin = admin;
    this.namespace = namespace;
  }

  static void until(String what, BooleanSupplier holds) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + SECONDS + " s: " + what);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }
  }

  void prepare() {
    // There is no controller that makes it.
    admin
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("default")
                .withNamespace(namespace)
                .endMetadata()
                .build())
        .serverSideApply();
  }

  void create(String name, String... backends) {
    String list =
        Arrays.stream(backends).map(it -> "{name: " + it + "}").collect(Collectors.joining(", "));
    admin
        .resource(
            Serialization.unmarshal(
                """
                apiVersion: zeoraid.io/v1alpha1
                kind: ZeoRaid
                metadata: {name: %s, namespace: %s}
                spec:
                  backendTemplate: {storage: {size: 1Gi}}
                  backends: [%s]
                """
                    .formatted(name, namespace, list),
                ZeoRaid.class))
        .create();
  }

  void edit(String name, String merge) {
    admin
        .resources(ZeoRaid.class)
        .inNamespace(namespace)
        .withName(name)
        .patch(PatchContext.of(PatchType.JSON_MERGE), merge);
  }

  <T extends HasMetadata> @Nullable T find(Class<T> kind, String name) {
    return admin.resources(kind).inNamespace(namespace).withName(name).get();
  }

  <T extends HasMetadata> T get(Class<T> kind, String name) {
    return requireNonNull(find(kind, name), name);
  }

  <T extends HasMetadata> T await(Class<T> kind, String name) {
    return await(kind, name, found -> true);
  }

  <T extends HasMetadata> T await(Class<T> kind, String name, Predicate<T> holds) {
    until(
        kind.getSimpleName() + " " + name,
        () -> {
          T found = find(kind, name);
          return found != null && holds.test(found);
        });
    return get(kind, name);
  }

  <T extends HasMetadata> void awaitGone(Class<T> kind, String name) {
    until(kind.getSimpleName() + " " + name + " gone", () -> find(kind, name) == null);
  }

  ZeoRaid awaitRaid(String name, Predicate<ZeoRaid> holds) {
    try {
      return await(ZeoRaid.class, name, holds);
    } catch (AssertionError e) {
      throw new AssertionError(Serialization.asYaml(get(ZeoRaid.class, name)), e);
    }
  }

  static boolean is(ZeoRaid raid, String type, Truth truth) {
    return raid.getStatus() != null && condition(raid, type).status() == truth;
  }

  static BackendStatus last(ZeoRaid raid) {
    return requireNonNull(raid.getStatus().backends()).getLast();
  }

  static boolean isAbout(ZeoRaid raid, long generation) {
    return raid.getStatus() != null
        && Long.valueOf(generation).equals(raid.getStatus().observedGeneration());
  }

  static ConditionStatus condition(ZeoRaid raid, String type) {
    return requireNonNull(raid.getStatus().conditions()).stream()
        .filter(it -> it.type().equals(type))
        .findFirst()
        .orElseThrow();
  }

  /** One server, and the backends, run and are ready. */
  void runs(String raid, String... backends) {
    Deployment servers = await(Deployment.class, raid + "-servers");
    ready(pod(raid + "-servers-x", servers.getSpec().getTemplate(), false));
    backendsRun(raid, backends);
  }

  void backendsRun(String raid, String... backends) {
    for (String backend : backends) {
      claim(raid, backend);
      backendPod(raid, backend);
    }
  }

  /** A server has had a node for long, but the kubelet can't mount its volumes. */
  void serverWaitsForVolumes(String raid) {
    Deployment servers = get(Deployment.class, raid + "-servers");
    Pod pod = pod(raid + "-servers-x", servers.getSpec().getTemplate(), false);
    String since = "status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z'";
    String status = "phase: Pending\nconditions: [{type: PodScheduled, %s}]".formatted(since);
    pod.setStatus(Serialization.unmarshal(status, PodStatus.class));
    admin.resource(pod).subresource("status").update();
  }

  /** The pod of a backend runs, at a node. */
  void backendPod(String raid, String backend) {
    StatefulSet set = get(StatefulSet.class, raid + "-" + backend);
    ready(pod(raid + "-" + backend + "-0", set.getSpec().getTemplate(), true));
  }

  private Pod pod(String name, PodTemplateSpec template, boolean data) {
    PodBuilder pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(namespace)
            .withLabels(template.getMetadata().getLabels())
            .endMetadata()
            .withSpec(template.getSpec());
    if (data) {
      pod.editSpec()
          .withNodeName("node")
          .addNewVolume()
          .withName("data")
          .withNewPersistentVolumeClaim("data", false)
          .endVolume()
          .endSpec();
    } else {
      pod.editSpec().withServiceAccountName("default").endSpec();
    }
    return admin.resource(pod.build()).create();
  }

  private void ready(Pod pod) {
    pod.setStatus(
        new PodStatusBuilder()
            .withPhase("Running")
            .withPodIP("10.1.2.3")
            .addNewPodIP("10.1.2.3")
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .endCondition()
            .build());
    admin.resource(pod).subresource("status").update();
  }

  private void claim(String raid, String backend) {
    StatefulSet set = get(StatefulSet.class, raid + "-" + backend);
    PersistentVolumeClaim claim =
        new PersistentVolumeClaimBuilder()
            .withNewMetadata()
            .withName("data-" + raid + "-" + backend + "-0")
            .withNamespace(namespace)
            .withLabels(set.getSpec().getTemplate().getMetadata().getLabels())
            .endMetadata()
            .withNewSpec()
            .withAccessModes("ReadWriteOnce")
            .withStorageClassName(STORAGE_CLASS)
            .withNewResources()
            .withRequests(Map.of("storage", new Quantity("1Gi")))
            .endResources()
            .endSpec()
            .build();
    admin.resource(claim).create();
  }

  void storageClass(boolean grows) {
    admin
        .resource(
            new StorageClassBuilder()
                .withNewMetadata()
                .withName(STORAGE_CLASS)
                .endMetadata()
                .withProvisioner("test/none")
                .withAllowVolumeExpansion(grows)
                .build())
        .serverSideApply();
  }

  /** A volume of this size is there. */
  void hasVolume(String raid, String backend, String size) {
    PersistentVolumeClaim claim = claimOf(raid, backend);
    claim.setStatus(
        new PersistentVolumeClaimStatusBuilder()
            .withPhase("Bound")
            .withCapacity(Map.of("storage", new Quantity(size)))
            .build());
    admin.resource(claim).subresource("status").update();
  }

  PersistentVolumeClaim claimOf(String raid, String backend) {
    return get(PersistentVolumeClaim.class, "data-" + raid + "-" + backend + "-0");
  }

  String requested(String raid, String backend) {
    return String.valueOf(
        claimOf(raid, backend).getSpec().getResources().getRequests().get("storage"));
  }

  void podEnds(String name) {
    admin.pods().inNamespace(namespace).withName(name).withGracePeriod(0).delete();
    awaitGone(Pod.class, name);
  }

  /** What the controller of StatefulSets would say: pods of the template before are outdated. */
  void hasUpdateRevision(String raid, String backend, String revision) {
    StatefulSet set = get(StatefulSet.class, raid + "-" + backend);
    set.setStatus(
        new StatefulSetStatusBuilder()
            .withReplicas(1)
            .withObservedGeneration(set.getMetadata().getGeneration())
            .withUpdateRevision(revision)
            .build());
    admin.resource(set).subresource("status").update();
  }

  /** Gives a pod the revision that it was made from, and lets its deletion take time. */
  void hasRevision(String raid, String backend, String revision) {
    admin
        .pods()
        .inNamespace(namespace)
        .withName(raid + "-" + backend + "-0")
        .edit(pod -> {
          pod.getMetadata().getLabels().put("controller-revision-hash", revision);
          pod.getMetadata().setFinalizers(List.of("test/kubelet"));
          return pod;
        });
  }

  boolean isBeingDeleted(String raid, String backend) {
    Pod pod = find(Pod.class, raid + "-" + backend + "-0");
    return pod == null || pod.getMetadata().getDeletionTimestamp() != null;
  }

  /** The pod has ended, and the controller has made another one, which is ready. */
  void podComesAnew(String raid, String backend, String revision) {
    String name = raid + "-" + backend + "-0";
    var pods = admin.pods().inNamespace(namespace).withName(name);
    pods.edit(pod -> {
      pod.getMetadata().setFinalizers(List.of());
      return pod;
    });
    pods.withGracePeriod(0).delete();
    until(name + " gone", () -> pods.get() == null);
    backendPod(raid, backend);
    hasRevision(raid, backend, revision);
  }

  /** As a person does it: deletes claim and pod, and has both made anew. */
  void replaceVolume(String raid, String backend) {
    String claim = "data-" + raid + "-" + backend + "-0";
    admin
        .pods()
        .inNamespace(namespace)
        .withName(raid + "-" + backend + "-0")
        .withGracePeriod(0)
        .delete();
    var claims = admin.persistentVolumeClaims().inNamespace(namespace).withName(claim);
    claims.edit(found -> {
      // The controller that lifts the protection is not here.
      found.getMetadata().setFinalizers(List.of());
      return found;
    });
    claims.delete();
    until(claim + " gone", () -> claims.get() == null);
    claim(raid, backend);
    backendPod(raid, backend);
  }

  String claimUid(String raid, String backend) {
    return claimOf(raid, backend).getMetadata().getUid();
  }

  List<PersistentVolumeClaim> claims() {
    return admin.persistentVolumeClaims().inNamespace(namespace).list().getItems();
  }

  List<String> events() {
    return admin.events().v1().events().inNamespace(namespace).list().getItems().stream()
        .map(event -> event.getReason())
        .toList();
  }

  /** Waits for a whole round without a write. */
  void awaitQuiet(OneOperator operator) {
    long[] seen = {-1, 0};
    until(
        "a round without a write",
        () -> {
          if (operator.writes() != seen[0]) {
            seen[0] = operator.writes();
            seen[1] = operator.rounds();
          }
          return operator.rounds() > seen[1] + 1;
        });
  }

  List<String> versions(String raid) {
    List<String> versions = new ArrayList<>();
    versions.add(version(get(ZeoRaid.class, raid)));
    for (Class<? extends HasMetadata> kind :
        List.of(Deployment.class, StatefulSet.class, Service.class, ConfigMap.class, Role.class)) {
      admin
          .resources(kind)
          .inNamespace(namespace)
          .list()
          .getItems()
          .forEach(it -> versions.add(version(it)));
    }
    return versions;
  }

  private static String version(HasMetadata object) {
    return object.getKind()
        + " "
        + object.getMetadata().getName()
        + " "
        + object.getMetadata().getResourceVersion();
  }
}
