package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.zeoraid.crd.Servers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The Deployment of the ZEORaid servers, and how clients reach them. */
final class ServerChildren {
  // drain-timeout is 10 s; the rest is for the take-over.
  private static final long GRACE_SECONDS = 30;

  private final Raid raid;
  private final Observed observed;
  private final Settings settings;
  private final boolean waits;

  /**
   * @param waits whether the servers keep the template that they have: backends come first
   */
  ServerChildren(Raid raid, Observed observed, Settings settings, boolean waits) {
    this.waits = waits;
    this.raid = raid;
    this.observed = observed;
    this.settings = settings;
  }

  List<HasMetadata> all() {
    List<HasMetadata> children = new ArrayList<>();
    // In sidecar mode the pods of the clients mount it.
    children.add(
        new ConfigMapBuilder()
            .withMetadata(raid.meta(raid.serversName(), Map.of()))
            .withData(Map.of("zeo.conf", ZeoConf.servers(raid)))
            .build());
    if (!raid.isSidecar()) {
      children.add(service());
      children.add(deployment());
      children.add(
          new PodDisruptionBudgetBuilder()
              .withMetadata(raid.meta(raid.serversName(), Map.of()))
              .withNewSpec()
              .withMaxUnavailable(new IntOrString(1))
              .withNewSelector()
              .withMatchLabels(raid.serverLabels())
              .endSelector()
              .endSpec()
              .build());
    }
    return children;
  }

  private Service service() {
    Servers.ClientService wish =
        Optional.ofNullable(raid.servers.service())
            .orElseGet(() -> new Servers.ClientService(null, null, null));
    ObjectMeta meta = raid.meta(raid.name(), Map.of());
    Optional.ofNullable(wish.annotations()).ifPresent(meta::setAnnotations);
    return new ServiceBuilder()
        .withMetadata(meta)
        .withNewSpec()
        .withType(wish.type() == null ? "ClusterIP" : wish.type().name())
        .withSelector(raid.serverLabels())
        .addNewPort()
        .withName("zeo")
        .withPort(Optional.ofNullable(wish.port()).orElse(Raid.ZEO_PORT))
        .withProtocol("TCP")
        .withTargetPort(new IntOrString("zeo"))
        .endPort()
        .endSpec()
        .build();
  }

  private Deployment deployment() {
    Template template = wanted();
    return new DeploymentBuilder()
        .withMetadata(raid.meta(raid.serversName(), raid.serverLabels(), template.annotations()))
        .withNewSpec()
        .withReplicas(observed.hibernation() == Hibernation.WAKING_UP ? 0 : raid.replicas())
        .withNewSelector()
        .withMatchLabels(raid.serverLabels())
        .endSelector()
        .withNewStrategy()
        .withType("RollingUpdate")
        .withNewRollingUpdate()
        .withMaxSurge(new IntOrString(1))
        .withMaxUnavailable(new IntOrString(0))
        .endRollingUpdate()
        .endStrategy()
        .withTemplate(template.template())
        .endSpec()
        .build();
  }

  private Template wanted() {
    Template before = observed.templates().get(Observed.key("Deployment", raid.serversName()));
    if (before != null && waits) {
      return before;
    }
    Map<String, @Nullable Object> wish = new HashMap<>();
    wish.put("image", raid.servers.image());
    wish.put("resources", raid.servers.resources());
    wish.put("nodeSelector", raid.servers.nodeSelector());
    wish.put("tolerations", raid.servers.tolerations());
    wish.put("priorityClassName", raid.servers.priorityClassName());
    wish.putAll(Tls.wishes(raid));
    return Template.planned(wish, template()).unlessWishedBefore(before);
  }

  private PodTemplateSpec template() {
    List<Tls.Side> tls = Tls.all(raid);
    var meta =
        new PodTemplateSpecBuilder()
            .withNewMetadata()
            .withLabels(Raid.with(raid.ours(), raid.serverLabels()));
    if (!tls.isEmpty()) {
      meta.addToAnnotations("zeoraid.io/tls", Tls.names(tls));
    }
    var spec =
        meta.endMetadata()
            .withNewSpec()
            .withServiceAccountName(raid.serversName())
            .withEnableServiceLinks(false)
            .withSecurityContext(Pods.pod())
            .withTerminationGracePeriodSeconds(GRACE_SECONDS)
            .withAffinity(Pods.apart(raid.serverLabels()))
            .withTopologySpreadConstraints(Pods.zones(raid.serverLabels()))
            .withContainers(container(tls))
            .withVolumes(Pods.config(raid.serversName()), Pods.temporary())
            .addAllToVolumes(Tls.volumes(tls));
    Optional.ofNullable(raid.servers.nodeSelector()).ifPresent(spec::withNodeSelector);
    Optional.ofNullable(raid.servers.tolerations())
        .ifPresent(tolerations -> spec.withTolerations(tolerations));
    Optional.ofNullable(raid.servers.priorityClassName()).ifPresent(spec::withPriorityClassName);
    return spec.endSpec().build();
  }

  private Container container(List<Tls.Side> tls) {
    var container =
        new ContainerBuilder()
            .withName("zeoraid")
            .withImage(
                observed.image(
                    Observed.key("Deployment", raid.serversName()),
                    Optional.ofNullable(raid.servers.image()),
                    settings.serverImage()))
            .withArgs("serve", "-C", "/etc/zeoraid/zeo.conf")
            .withEnv(Pods.podIp())
            .addAllToEnv(Tls.commandLine(raid))
            .addNewPort()
            .withName("zeo")
            .withContainerPort(Raid.ZEO_PORT)
            .withProtocol("TCP")
            .endPort()
            .addNewPort()
            .withName("control")
            .withContainerPort(Raid.CONTROL_PORT)
            .withProtocol("TCP")
            .endPort()
            .addNewPort()
            .withName("http")
            .withContainerPort(Raid.HTTP_PORT)
            .withProtocol("TCP")
            .endPort()
            .withSecurityContext(Pods.container())
            .withStartupProbe(Pods.http("/q/health/live", 1, 300))
            // A hung primary holds the backends' commit locks until it is killed.
            .withLivenessProbe(Pods.http("/q/health/live", 5, 3))
            .withReadinessProbe(Pods.http("/q/health/ready", 2, 2))
            .withVolumeMounts(
                Pods.mount("config", "/etc/zeoraid", true), Pods.mount("tmp", "/tmp", false))
            .addAllToVolumeMounts(Tls.mounts(tls));
    Optional.ofNullable(raid.servers.resources()).ifPresent(container::withResources);
    return container.build();
  }
}
