package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.zeoraid.crd.Servers;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One ZeoRaid, and how what belongs to it is named and labelled. */
final class Raid {
  static final int ZEO_PORT = 8100;
  static final int CONTROL_PORT = 18100;
  static final int HTTP_PORT = 28100;

  /** What the operator puts on each thing that it makes, with the name of the ZeoRaid. */
  static final String LABEL = "zeoraid.io/raid";

  static final String BACKEND_LABEL = "zeoraid.io/backend";
  private static final int SERVERS = 2;
  private static final Servers DEFAULTS =
      new Servers(null, null, null, null, null, null, null, null, null, null);

  final ZeoRaid resource;
  final ZeoRaidSpec spec;
  final Servers servers;

  Raid(ZeoRaid resource) {
    this.resource = resource;
    spec = resource.getSpec();
    servers = spec.servers() == null ? DEFAULTS : spec.servers();
  }

  String name() {
    return resource.getMetadata().getName();
  }

  /** The StatefulSet of a backend, its Service, and with {@code -0} its pod. */
  String backendName(String backend) {
    return name() + "-" + backend;
  }

  /** The claim of a backend's volume, as its StatefulSet names it. */
  String claimName(String backend) {
    return "data-" + backendName(backend) + "-0";
  }

  String serversName() {
    return name() + "-servers";
  }

  /** By default what the certificates of the servers are for: also the name of their Service. */
  String hostName() {
    return name() + "." + resource.getMetadata().getNamespace() + ".svc";
  }

  String backendsName() {
    return name() + "-backends";
  }

  boolean isSidecar() {
    return servers.mode() == Servers.Mode.Sidecar;
  }

  boolean isHibernated() {
    return Boolean.TRUE.equals(spec.hibernated());
  }

  int replicas() {
    return isHibernated() ? 0 : Optional.ofNullable(servers.replicas()).orElse(SERVERS);
  }

  List<ZeoRaidSpec.Backend> managed() {
    return spec.backends().stream().filter(backend -> backend.external() == null).toList();
  }

  /** By these a selector finds the pods of the servers. In sidecar mode Zope's pods bear them. */
  Map<String, String> serverLabels() {
    return with(Map.of(LABEL, name()), Map.of("app.kubernetes.io/component", "server"));
  }

  /** By these a selector finds the pods of all managed backends. */
  Map<String, String> backendLabels() {
    return with(Map.of(LABEL, name()), Map.of("app.kubernetes.io/component", "backend"));
  }

  Map<String, String> backendLabels(String backend) {
    return with(backendLabels(), Map.of(BACKEND_LABEL, backend));
  }

  ObjectMeta meta(String name, Map<String, String> labels, Map<String, String> annotations) {
    ObjectMeta meta = meta(name, labels);
    meta.setAnnotations(new TreeMap<>(annotations));
    return meta;
  }

  /** The metadata of something that goes with the ZeoRaid. */
  ObjectMeta meta(String name, Map<String, String> labels) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(resource.getMetadata().getNamespace())
        .withLabels(with(ours(), labels))
        .withOwnerReferences(
            new OwnerReferenceBuilder()
                .withApiVersion(resource.getApiVersion())
                .withKind(resource.getKind())
                .withName(name())
                .withUid(resource.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build())
        .build();
  }

  /** The labels of all that is ours; never those of the ZeoRaid, which GitOps tools claim. */
  Map<String, String> ours() {
    return Map.of(
        LABEL,
        name(),
        "app.kubernetes.io/name",
        "zeoraid",
        "app.kubernetes.io/instance",
        name(),
        "app.kubernetes.io/managed-by",
        "zeoraid-operator");
  }

  /** Both, sorted: the order must not depend on the process. */
  static Map<String, String> with(Map<String, String> some, Map<String, String> more) {
    Map<String, String> all = new TreeMap<>(some);
    all.putAll(more);
    return all;
  }
}
