package io.zeoraid.operator.reconcile;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.zeoraid.operator.servers.Address;
import io.zeoraid.operator.status.PodSight;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The pods in which ZEORaid servers run. */
final class ServerPods {
  private final List<Pod> pods;

  ServerPods(List<Pod> all) {
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

  /** Beside Zope by the word of the server's own container: Zope may be busy starting. */
  private static boolean isReady(Pod pod) {
    return pod.getSpec().getInitContainers().stream()
        .filter(container -> controlPort(Stream.of(container)).isPresent())
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
      Optional<Integer> port = controlPort(pod.getSpec());
      if (ip != null && !ip.isEmpty() && port.isPresent()) {
        addresses.add(new Address(ip, port.get()));
      }
    }
    return addresses;
  }

  private static Optional<Integer> controlPort(PodSpec spec) {
    return controlPort(
        Stream.concat(spec.getContainers().stream(), spec.getInitContainers().stream()));
  }

  private static Optional<Integer> controlPort(Stream<Container> containers) {
    return containers
        .map(Container::getPorts)
        .filter(Objects::nonNull)
        .flatMap(List::stream)
        .filter(port -> "control".equals(port.getName()))
        .map(ContainerPort::getContainerPort)
        .findFirst();
  }
}
