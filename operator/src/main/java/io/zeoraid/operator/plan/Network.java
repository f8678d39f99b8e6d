package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import io.zeoraid.crd.NetworkAccess;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Who reaches what. ZEO knows no passwords, so these policies are what guards the data. */
final class Network {
  private static final NetworkAccess DEFAULT = new NetworkAccess(null, null, null);

  private final Raid raid;
  private final Settings settings;
  private final NetworkAccess access;

  Network(Raid raid, Settings settings) {
    this.raid = raid;
    this.settings = settings;
    access = Optional.ofNullable(raid.spec.network()).orElse(DEFAULT);
  }

  List<HasMetadata> policies() {
    List<HasMetadata> policies = new ArrayList<>();
    if (Boolean.FALSE.equals(access.policies())) {
      return policies;
    }
    if (!raid.managed().isEmpty()) {
      policies.add(
          policy(
              raid.backendsName(),
              raid.backendLabels(),
              List.of(rule(Raid.ZEO_PORT, List.of(pods(raid.serverLabels()))))));
    }
    if (!raid.isSidecar()) {
      policies.add(policy(raid.serversName(), raid.serverLabels(), toServers()));
    }
    return policies;
  }

  private List<NetworkPolicyIngressRule> toServers() {
    List<NetworkPolicyPeer> clients = new ArrayList<>(orElse(access.allowFrom(), anyPod()));
    // They talk to each other there.
    clients.add(pods(raid.serverLabels()));
    List<NetworkPolicyPeer> readers = new ArrayList<>(orElse(access.allowMetricsFrom(), List.of()));
    readers.add(operator());
    return List.of(
        rule(Raid.ZEO_PORT, clients),
        rule(Raid.CONTROL_PORT, List.of(operator())),
        rule(Raid.HTTP_PORT, readers));
  }

  private static List<NetworkPolicyPeer> orElse(
      @Nullable List<NetworkPolicyPeer> wish, List<NetworkPolicyPeer> otherwise) {
    return wish == null ? otherwise : wish;
  }

  private static List<NetworkPolicyPeer> anyPod() {
    return List.of(new NetworkPolicyPeerBuilder().withNewPodSelector().endPodSelector().build());
  }

  private static NetworkPolicyPeer pods(Map<String, String> labels) {
    return new NetworkPolicyPeerBuilder()
        .withNewPodSelector()
        .withMatchLabels(labels)
        .endPodSelector()
        .build();
  }

  private NetworkPolicyPeer operator() {
    return new NetworkPolicyPeerBuilder()
        .withNewNamespaceSelector()
        .withMatchLabels(Map.of("kubernetes.io/metadata.name", settings.namespace()))
        .endNamespaceSelector()
        .withNewPodSelector()
        .withMatchLabels(Map.of("app.kubernetes.io/name", "zeoraid-operator"))
        .endPodSelector()
        .build();
  }

  private static NetworkPolicyIngressRule rule(int port, List<NetworkPolicyPeer> from) {
    return new NetworkPolicyIngressRuleBuilder()
        .addNewPort()
        .withPort(new IntOrString(port))
        .withProtocol("TCP")
        .endPort()
        .withFrom(from)
        .build();
  }

  private HasMetadata policy(
      String name, Map<String, String> pods, List<NetworkPolicyIngressRule> rules) {
    return new NetworkPolicyBuilder()
        .withMetadata(raid.meta(name, Map.of()))
        .withNewSpec()
        .withNewPodSelector()
        .withMatchLabels(pods)
        .endPodSelector()
        .withPolicyTypes("Ingress")
        .withIngress(rules)
        .endSpec()
        .build();
  }

  /** Tells Prometheus where the metrics are, if there is such a thing in the cluster. */
  List<HasMetadata> podMonitor(Observed observed) {
    var monitoring = raid.spec.monitoring();
    if (monitoring == null
        || !Boolean.TRUE.equals(monitoring.podMonitor())
        || !observed.podMonitors()
        || raid.isSidecar()) {
      return List.of();
    }
    GenericKubernetesResource monitor = new GenericKubernetesResource();
    monitor.setApiVersion("monitoring.coreos.com/v1");
    monitor.setKind("PodMonitor");
    monitor.setMetadata(
        raid.meta(raid.serversName(), Optional.ofNullable(monitoring.labels()).orElseGet(Map::of)));
    monitor.setAdditionalProperty(
        "spec",
        new TreeMap<>(
            Map.of(
                "selector",
                Map.of("matchLabels", raid.serverLabels()),
                "podMetricsEndpoints",
                List.of(new TreeMap<>(Map.of("port", "http", "path", "/q/metrics"))))));
    return List.of(monitor);
  }
}
