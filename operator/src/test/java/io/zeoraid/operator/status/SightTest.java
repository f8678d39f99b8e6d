package io.zeoraid.operator.status;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.control.v1.RaidStatus;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SightTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @Test
  void reasonsOfPods() {
    assertEquals(Optional.of("PodMissing"), reason(Optional.empty()));
    assertEquals(
        Optional.empty(), reason(pod("{uid: x}", "conditions: [{type: Ready, status: 'True'}]")));
    assertEquals(Optional.of("VolumePending"), reason(pod("{uid: x}", "phase: Pending")));
    assertEquals(
        Optional.of("ImageUnavailable"),
        reason(
            pod(
                "{uid: x}",
                "containerStatuses: [{state: {waiting: {reason: ImagePullBackOff}}}]")));
  }

  @Test
  void podThatDoesNotEndWaitsForItsNode() {
    assertEquals(
        Optional.of("PodNotReady"),
        reason(pod("{uid: x, deletionTimestamp: '2026-03-01T11:59:50Z'}", "phase: Running")));
    assertEquals(
        Optional.of("WaitingForNodeFencing"),
        reason(pod("{uid: x, deletionTimestamp: '2026-03-01T11:50:00Z'}", "phase: Running")));
  }

  @Test
  void podThatWaitsForItsVolumesTellsWhichSecretsItNeeds() {
    assertEquals(
        Optional.of(
            "the pod of a server waits for its volumes. Needed in namespace plone: Secret ca with"
                + " ca.crt; Secret tls with ca.crt, tls.crt. Create what is missing; kubectl describe"
                + " pod tells what that is, and it goes on by itself then"),
        secrets("11:59:00", "False", "False").map(Seen.Trouble::message));
    assertEquals(
        Optional.of("WaitingForSecrets"),
        secrets("11:59:00", "Unheard", "False").map(Seen.Trouble::reason),
        "of a kubelet that does not tell");
  }

  @Test
  void podThatDoesNotWaitForSecretsIsNotSaidTo() {
    assertEquals(Optional.empty(), secrets("11:59:55", "False", "False"), "just begun");
    assertEquals(Optional.empty(), secrets("11:59:00", "True", "False"), "pulls its image");
    assertEquals(Optional.empty(), secrets("11:59:00", "False", "True"), "may do without");
    Pod withoutNode =
        podWithSecrets(
            "phase: Pending\n  conditions: [{type: PodScheduled, status: 'False',"
                + " lastTransitionTime: '2026-03-01T11:00:00Z'}]",
            "False");
    assertEquals(Optional.empty(), PodSight.secrets(withoutNode, NOW), "has no node");
  }

  private static Optional<Seen.Trouble> secrets(String since, String started, String optional) {
    return PodSight.secrets(
        podWithSecrets(
            "phase: Pending\n  conditions: [{type: PodScheduled, status: 'True', lastTransitionTime:"
                + " '2026-03-01T%sZ'}".formatted(since)
                + (started.equals("Unheard")
                    ? "]"
                    : ", {type: PodReadyToStartContainers, status: '%s'}]".formatted(started)),
            optional),
        NOW);
  }

  private static Pod podWithSecrets(String status, String optional) {
    return Serialization.unmarshal(
        """
        apiVersion: v1
        kind: Pod
        metadata: {namespace: plone, name: p, labels: {app.kubernetes.io/component: server}}
        spec:
          containers: []
          volumes:
          - {name: c, configMap: {name: c}}
          - {name: one, secret: {secretName: tls, optional: %1$s, items: [{key: tls.crt, path: x}]}}
          - name: two
            projected:
              sources:
              - secret: {name: tls, optional: %1$s, items: [{key: ca.crt, path: x}]}
              - secret: {name: ca, optional: %1$s, items: [{key: ca.crt, path: y}]}
        status:
          %2$s
        """
            .formatted(optional.toLowerCase(Locale.ROOT), status),
        Pod.class);
  }

  @Test
  void primaryOfTheLatestRecordIsBelieved() {
    RaidStatus old = view(6, "one", "one");
    RaidStatus secondary = view(7, "two", "three");
    RaidStatus primary = view(7, "two", "two");
    assertEquals(Optional.of(primary), Views.best(List.of(old, secondary, primary)));
    assertEquals(Optional.of(secondary), Views.best(List.of(secondary, old)));
    assertEquals(Optional.empty(), Views.best(List.of()));
  }

  private static RaidStatus view(long epoch, String primary, String server) {
    return RaidStatus.newBuilder().setEpoch(epoch).setPrimary(primary).setServer(server).build();
  }

  private static Optional<Pod> pod(String metadata, String status) {
    return Optional.of(
        Serialization.unmarshal(
            "apiVersion: v1\nkind: Pod\nmetadata: " + metadata + "\nstatus:\n  " + status,
            Pod.class));
  }

  private static Optional<String> reason(Optional<Pod> pod) {
    PersistentVolumeClaim pending =
        Serialization.unmarshal(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nstatus: {phase: Pending}",
            PersistentVolumeClaim.class);
    return PodSight.backend(pod, "c", Optional.of(pending), NOW)
        .trouble()
        .map(Seen.Trouble::reason);
  }
}
