package io.zeoraid.operator.reconcile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.operator.servers.Address;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServerPodsTest {
  private static final ZeoRaid PLAIN = raid("null");
  private static final Container ZOPE = new ContainerBuilder().withName("zope").build();
  private static final Container UPGRADE = new ContainerBuilder().withName("upgrade").build();
  private static final Container SERVER =
      new ContainerBuilder()
          .withName("zeoraid")
          .addNewPort()
          .withName("control")
          .withContainerPort(18100)
          .endPort()
          .build();

  private static Pod beside(boolean serverReady, boolean podReady) {
    return pod(podReady)
        .editSpec()
        .withInitContainers(SERVER, UPGRADE)
        .withContainers(ZOPE)
        .endSpec()
        .editStatus()
        .addNewInitContainerStatus()
        .withName("zeoraid")
        .withReady(serverReady)
        .endInitContainerStatus()
        .addNewInitContainerStatus()
        .withName("upgrade")
        .withReady(true)
        .endInitContainerStatus()
        .endStatus()
        .build();
  }

  private static Pod alone(boolean ready) {
    return pod(ready).editSpec().withContainers(SERVER).endSpec().build();
  }

  private static PodBuilder pod(boolean ready) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("p")
        .addToLabels("app.kubernetes.io/component", "server")
        .endMetadata()
        .withNewSpec()
        .endSpec()
        .withNewStatus()
        .withPodIP("192.0.2.1")
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready ? "True" : "False")
        .endCondition()
        .endStatus();
  }

  private static int ready(Pod pod) {
    return new ServerPods(PLAIN, List.of(pod)).ready();
  }

  @Test
  void aServerBesideZopeIsReadyWhileZopeIsNot() {
    assertEquals(1, ready(beside(true, false)));
  }

  @Test
  void aServerBesideZopeIsNotReadyBecauseAnotherInitContainerIs() {
    assertEquals(0, ready(beside(false, false)));
  }

  @Test
  void aServerOfItsOwnIsReadyAsItsPodIs() {
    assertEquals(1, ready(alone(true)));
    assertEquals(0, ready(alone(false)));
  }

  @Test
  void aServerBesideZopeThatIsBeingDeletedDoesNotCount() {
    Pod ending =
        new PodBuilder(beside(true, true))
            .editMetadata()
            .withDeletionTimestamp("2026-01-01T00:00:00Z")
            .endMetadata()
            .build();
    assertEquals(0, ready(ending));
  }

  @Test
  void aServerBesideZopeIsAskedAtItsControlPort() {
    assertEquals(
        List.of(new Address("192.0.2.1", 18100, Optional.empty())),
        new ServerPods(PLAIN, List.of(beside(false, false))).addresses());
  }

  @Test
  void aServerIsAskedByTlsIfItWasMadeForIt() {
    Container server =
        new ContainerBuilder(SERVER)
            .addNewVolumeMount()
            .withName("any")
            .withMountPath("/etc/zeoraid-tls/control")
            .endVolumeMount()
            .build();
    Pod made = new PodBuilder(alone(true)).editSpec().withContainers(server).endSpec().build();
    ZeoRaid named = raid("{secretName: s, serverName: zeo.example.org}");
    assertEquals(Optional.of("db.plone.svc"), name(raid("{secretName: s}"), made));
    assertEquals(Optional.of("zeo.example.org"), name(named, made));
    assertEquals(Optional.of("db.plone.svc"), name(PLAIN, made), "has not been replaced yet");
    assertEquals(Optional.empty(), name(named, alone(true)), "has not been replaced yet");
  }

  private static Optional<String> name(ZeoRaid wish, Pod pod) {
    return new ServerPods(wish, List.of(pod)).addresses().getFirst().serverName();
  }

  private static ZeoRaid raid(String controlTls) {
    return Serialization.unmarshal(
        """
        apiVersion: zeoraid.io/v1alpha1
        kind: ZeoRaid
        metadata: {name: db, namespace: plone}
        spec:
          backends: [{name: a}]
          servers: {controlTls: %s}
        """
            .formatted(controlTls),
        ZeoRaid.class);
  }
}
