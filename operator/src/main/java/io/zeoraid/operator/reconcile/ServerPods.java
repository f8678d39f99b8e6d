package io.zeoraid.operator.reconcile;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.operator.plan.Planner;
import io.zeoraid.operator.servers.Address;
import io.zeoraid.operator.status.PodSight;
import io.zeoraid.operator.status.Seen.Trouble;
import io.zeoraid.operator.status.Stuck;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The pods in which ZEORaid servers run. */
final class ServerPods {
  private final ZeoRaid wish;
  private final List<Pod> pods;

  ServerPods(ZeoRaid wish, List<Pod> all) {
    this.wish = wish;
    pods =
        all.stream()
            .filter(pod ->
                "server".equals(pod.getMetadata().getLabels().get("app.kubernetes.io/component")))
            .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
            .toList();
  }

  int count() {
    return pods.size();
  }

  int ready() {
    return (int) pods.stream().filter(ServerPods::isReady).count();
  }

  /** What one of them waits for: Secrets, an image, or somebody who reads its log. */
  Optional<Trouble> trouble(Instant now) {
    return pods.stream()
        .flatMap(pod -> PodSight.secrets(pod, now).or(() -> stuck(pod, now)).stream())
        // Whichever comes first must not depend on the cache.
        .min(Comparator.comparing(Trouble::message));
  }

  private static Optional<Trouble> stuck(Pod pod, Instant now) {
    return containers(pod.getSpec())
        .filter(container -> controlPort(container).isPresent())
        .findFirst()
        .flatMap(server -> Stuck.server(pod, server.getName(), now));
  }

  /** Beside Zope by the word of the server's own container: Zope may be busy starting. */
  private static boolean isReady(Pod pod) {
    return pod.getSpec().getInitContainers().stream()
        .filter(container -> controlPort(container).isPresent())
        .findFirst()
        .map(server -> PodSight.isReady(pod, server.getName()))
        .orElseGet(() -> PodSight.isReady(pod));
  }

  /**
   * Where their control services are: the port {@code control} of a container, or of an init
   * container beside Zope. Those that are not ready are asked, too: only they can say why.
   */
  List<Address> addresses() {
    List<Address> addresses = new ArrayList<>();
    for (Pod pod : pods) {
      String ip = pod.getStatus() == null ? null : pod.getStatus().getPodIP();
      if (ip != null && !ip.isEmpty()) {
        containers(pod.getSpec())
            .flatMap(server ->
                controlPort(server).stream()
                    .map(port -> new Address(ip, port, Planner.controlName(wish, server))))
            .findFirst()
            .ifPresent(addresses::add);
      }
    }
    return addresses;
  }

  private static Stream<Container> containers(PodSpec spec) {
    return Stream.concat(spec.getContainers().stream(), spec.getInitContainers().stream());
  }

  private static Optional<Integer> controlPort(Container container) {
    return Optional.ofNullable(container.getPorts()).stream()
        .flatMap(List::stream)
        .filter(port -> "control".equals(port.getName()))
        .map(ContainerPort::getContainerPort)
        .findFirst();
  }
}
