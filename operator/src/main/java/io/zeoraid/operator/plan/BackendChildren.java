package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.zeoraid.crd.ManagedBackend;
import io.zeoraid.crd.ZeoRaidSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A StatefulSet of one pod for each managed backend, and what goes with them. */
final class BackendChildren {
  // A FileStorage without its index reads the whole file before it serves.
  private static final int START_PERIOD_SECONDS = 5;
  private static final int START_FAILURES = 8640; // 12 hours
  private static final long GRACE_SECONDS = 60;

  private final Raid raid;
  private final Observed observed;
  private final Settings settings;

  BackendChildren(Raid raid, Observed observed, Settings settings) {
    this.raid = raid;
    this.observed = observed;
    this.settings = settings;
  }

  List<HasMetadata> all() {
    List<HasMetadata> children = new ArrayList<>();
    if (raid.managed().isEmpty()) {
      return children;
    }
    children.add(
        new ConfigMapBuilder()
            .withMetadata(raid.meta(raid.backendsName(), Map.of()))
            .withData(Map.of("zeo.conf", ZeoConf.backend()))
            .build());
    for (ZeoRaidSpec.Backend backend : raid.managed()) {
      children.add(service(backend.name()));
      children.add(statefulSet(backend));
    }
    children.add(
        new PodDisruptionBudgetBuilder()
            .withMetadata(raid.meta(raid.backendsName(), Map.of()))
            .withNewSpec()
            // None at all would block the drain of a node for as long as a rebuild takes: only
            // while losing a pod would stop the RAID.
            .withMaxUnavailable(new IntOrString(observed.lastSource() ? 0 : 1))
            .withNewSelector()
            .withMatchLabels(raid.backendLabels())
            .endSelector()
            .endSpec()
            .build());
    return children;
  }

  private HasMetadata service(String backend) {
    return new ServiceBuilder()
        .withMetadata(raid.meta(raid.backendName(backend), raid.backendLabels(backend)))
        .withNewSpec()
        .withClusterIP("None")
        .withSelector(raid.backendLabels(backend))
        .addNewPort()
        .withName("zeo")
        .withPort(Raid.ZEO_PORT)
        .withProtocol("TCP")
        .withTargetPort(new IntOrString("zeo"))
        .endPort()
        .endSpec()
        .build();
  }

  private StatefulSet statefulSet(ZeoRaidSpec.Backend backend) {
    String name = raid.backendName(backend.name());
    Template template = wanted(backend);
    return new StatefulSetBuilder()
        .withMetadata(raid.meta(name, raid.backendLabels(backend.name()), template.annotations()))
        .withNewSpec()
        .withServiceName(name)
        .withReplicas(raid.isHibernated() && observed.hibernation() == Hibernation.ASLEEP ? 0 : 1)
        .withNewSelector()
        .withMatchLabels(raid.backendLabels(backend.name()))
        .endSelector()
        .withNewUpdateStrategy()
        // The operator takes them down one by one, while all others are in sync.
        .withType("OnDelete")
        .endUpdateStrategy()
        .withNewPersistentVolumeClaimRetentionPolicy("Retain", "Retain")
        .withTemplate(template.template())
        .withVolumeClaimTemplates(claim(backend, name))
        .endSpec()
        .build();
  }

  /** Whether a backend that runs gets another template than it has. */
  boolean changesATemplate() {
    return raid.managed().stream()
        .anyMatch(backend -> wanted(backend).differs(before(raid.backendName(backend.name()))));
  }

  private @Nullable Template before(String name) {
    return observed.templates().get(Observed.key("StatefulSet", name));
  }

  private Template wanted(ZeoRaidSpec.Backend backend) {
    String name = raid.backendName(backend.name());
    Map<String, @Nullable Object> wish = new HashMap<>();
    wish.put("image", setting(backend, ManagedBackend::image).orElse(null));
    wish.put("resources", setting(backend, ManagedBackend::resources).orElse(null));
    wish.put("nodeSelector", setting(backend, ManagedBackend::nodeSelector).orElse(null));
    wish.put("tolerations", setting(backend, ManagedBackend::tolerations).orElse(null));
    wish.put("priorityClassName", setting(backend, ManagedBackend::priorityClassName).orElse(null));
    return Template.planned(wish, template(backend, name)).unlessWishedBefore(before(name));
  }

  private PodTemplateSpec template(ZeoRaidSpec.Backend backend, String name) {
    var spec =
        new PodTemplateSpecBuilder()
            .withNewMetadata()
            .withLabels(Raid.with(raid.ours(), raid.backendLabels(backend.name())))
            .endMetadata()
            .withNewSpec()
            .withAutomountServiceAccountToken(false)
            .withEnableServiceLinks(false)
            .withSecurityContext(Pods.pod())
            .withTerminationGracePeriodSeconds(GRACE_SECONDS)
            .withAffinity(Pods.apart(raid.backendLabels()))
            .withTopologySpreadConstraints(Pods.zones(raid.backendLabels()))
            .withContainers(container(backend, name))
            .withVolumes(Pods.config(raid.backendsName()), Pods.temporary());
    setting(backend, ManagedBackend::nodeSelector).ifPresent(spec::withNodeSelector);
    Optional<List<Toleration>> tolerations = setting(backend, ManagedBackend::tolerations);
    tolerations.ifPresent(spec::withTolerations);
    setting(backend, ManagedBackend::priorityClassName).ifPresent(spec::withPriorityClassName);
    return spec.endSpec().build();
  }

  private Container container(ZeoRaidSpec.Backend backend, String name) {
    Optional<ResourceRequirements> resources = setting(backend, ManagedBackend::resources);
    var container =
        new ContainerBuilder()
            .withName("zeo")
            .withImage(
                observed.image(
                    Observed.key("StatefulSet", name),
                    setting(backend, ManagedBackend::image),
                    settings.backendImage()))
            .withArgs("-C", "/etc/zeo/zeo.conf")
            .addNewPort()
            .withName("zeo")
            .withContainerPort(Raid.ZEO_PORT)
            .withProtocol("TCP")
            .endPort()
            .withSecurityContext(Pods.container())
            .withStartupProbe(Pods.tcp(START_PERIOD_SECONDS, START_FAILURES))
            .withReadinessProbe(Pods.tcp(5, 2))
            .withVolumeMounts(
                Pods.mount("config", "/etc/zeo", true),
                Pods.mount("data", "/data", false),
                Pods.mount("tmp", "/tmp", false));
    resources.ifPresent(container::withResources);
    return container.build();
  }

  private PersistentVolumeClaim claim(ZeoRaidSpec.Backend backend, String name) {
    String size = observed.claimTemplates().getOrDefault(name, size(raid.spec, backend));
    var claim =
        new PersistentVolumeClaimBuilder()
            .withApiVersion("v1")
            .withKind("PersistentVolumeClaim")
            .withNewMetadata()
            .withName("data")
            .withLabels(Raid.with(raid.ours(), raid.backendLabels(backend.name())))
            // A volume is never pruned with what made it.
            .withAnnotations(Map.of("argocd.argoproj.io/sync-options", "Prune=false,Delete=false"))
            .endMetadata()
            .withNewSpec()
            .withAccessModes("ReadWriteOnce")
            .withNewResources()
            .withRequests(Map.of("storage", new Quantity(size)))
            .endResources();
    setting(backend, ManagedBackend::storage, ManagedBackend.Volume::storageClassName)
        .ifPresent(claim::withStorageClassName);
    return claim.endSpec().build();
  }

  /** The size wished for; the definition sees to it that there is one. */
  static String size(ZeoRaidSpec spec, ZeoRaidSpec.Backend backend) {
    return setting(spec, backend, ManagedBackend::storage, ManagedBackend.Volume::size)
        .orElseThrow();
  }

  private <T> Optional<T> setting(
      ZeoRaidSpec.Backend backend, Function<ManagedBackend, @Nullable T> of) {
    return own(backend, of).or(() -> Optional.ofNullable(raid.spec.backendTemplate()).map(of));
  }

  private <T> Optional<T> setting(
      ZeoRaidSpec.Backend backend,
      Function<ManagedBackend, ManagedBackend.@Nullable Volume> of,
      Function<ManagedBackend.Volume, @Nullable T> then) {
    return setting(raid.spec, backend, of, then);
  }

  private static <T> Optional<T> setting(
      ZeoRaidSpec spec,
      ZeoRaidSpec.Backend backend,
      Function<ManagedBackend, ManagedBackend.@Nullable Volume> of,
      Function<ManagedBackend.Volume, @Nullable T> then) {
    return own(backend, of)
        .map(then)
        .or(() -> Optional.ofNullable(spec.backendTemplate()).map(of).map(then));
  }

  private static <T> Optional<T> own(
      ZeoRaidSpec.Backend backend, Function<ManagedBackend, @Nullable T> of) {
    return Optional.ofNullable(backend.managed()).map(of);
  }
}
