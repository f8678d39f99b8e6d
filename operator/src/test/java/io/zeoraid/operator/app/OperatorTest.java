package io.zeoraid.operator.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ApiServer;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidStatus.State;
import io.zeoraid.crd.ZeoRaidStatus.Truth;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The operator at a real API server, where nothing makes pods but the test. */
final class OperatorTest {
  private final KubernetesClient admin = ApiServer.get().admin();
  private final String namespace = ApiServer.get().namespace();
  private final FakeServers servers = new FakeServers();
  private final Cluster cluster = new Cluster(admin, namespace);
  private OneOperator operator = new OneOperator(namespace, servers);

  @BeforeEach
  void start() {
    cluster.prepare();
    operator.start();
  }

  @AfterEach
  void stop() {
    operator.close();
  }

  @Test
  void appliesWhatIsPlanned() {
    cluster.create("db", "a", "b");
    cluster.await(Deployment.class, "db-servers");
    for (String name : List.of("db-a", "db-b")) {
      assertNotNull(cluster.get(StatefulSet.class, name));
      assertNotNull(cluster.get(Service.class, name));
    }
    ZeoRaid raid = cluster.awaitRaid("db", found -> found.getStatus() != null);
    assertEquals(1, raid.getStatus().observedGeneration());
    assertEquals(State.Unknown, raid.getStatus().raid());
  }

  @Test
  void revertsWhatOthersChange() {
    cluster.create("db", "a", "b");
    cluster.await(Deployment.class, "db-servers");
    admin
        .apps()
        .deployments()
        .inNamespace(namespace)
        .withName("db-servers")
        .edit(found -> {
          found.getSpec().setReplicas(7);
          return found;
        });
    cluster.await(Deployment.class, "db-servers", found -> found.getSpec().getReplicas() == 2);
    admin.services().inNamespace(namespace).withName("db").delete();
    cluster.await(Service.class, "db");
    // Without its labels no watch sees it any more.
    admin
        .configMaps()
        .inNamespace(namespace)
        .withName("db-servers")
        .edit(found -> {
          found.getMetadata().setLabels(Map.of());
          found.setData(Map.of("zeo.conf", "broken"));
          return found;
        });
    cluster.await(
        ConfigMap.class,
        "db-servers",
        found ->
            String.valueOf(found.getData().get("zeo.conf")).contains("membership-kubernetes db"));
  }

  @Test
  void tellsWhatTheServersSay() {
    cluster.create("db", "a", "b");
    cluster.runs("db", "a", "b");
    ZeoRaid raid = cluster.awaitRaid("db", found -> Cluster.is(found, "Ready", Truth.True));
    assertEquals(State.Optimal, raid.getStatus().raid());
    assertEquals("2/2", raid.getStatus().optimal());
    assertEquals("1/2", raid.getStatus().servers());
    servers.say(FakeServers.status(BackendState.BACKEND_STATE_DIVERGED));
    raid = cluster.awaitRaid("db", found -> Cluster.is(found, "Degraded", Truth.True));
    assertEquals("Diverged", Cluster.last(raid).reason());
    assertTrue(cluster.events().contains("BackendDiverged"), cluster.events().toString());
    assertEquals(List.of(), servers.asked());
  }

  @Test
  void writesNothingInASteadyState() throws InterruptedException {
    cluster.create("db", "a", "b");
    cluster.runs("db", "a", "b");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Ready", Truth.True));
    cluster.awaitQuiet(operator);
    long writes = operator.writes();
    long rounds = operator.rounds();
    // Two rounds after the last one that could have written.
    operator.awaitRounds(rounds + 2);
    assertEquals(writes, operator.writes());
    operator.close();
    operator = new OneOperator(namespace, servers);
    List<String> versions = cluster.versions("db");
    operator.start();
    operator.awaitRounds(2);
    assertEquals(versions, cluster.versions("db"), "after a restart");
  }

  @Test
  void doesNothingWhilePaused() {
    cluster.create("db", "a", "b");
    cluster.await(Deployment.class, "db-servers");
    cluster.edit("db", "{\"spec\":{\"paused\":true,\"servers\":{\"replicas\":3}}}");
    cluster.awaitRaid("db", found -> Cluster.isAbout(found, 2));
    assertEquals(2, cluster.get(Deployment.class, "db-servers").getSpec().getReplicas());
    cluster.edit("db", "{\"spec\":{\"paused\":false}}");
    cluster.await(Deployment.class, "db-servers", found -> found.getSpec().getReplicas() == 3);
  }

  @Test
  void nothingIsAppliedForWhatIsDeleted() {
    cluster.create("db", "a", "b");
    Deployment deployment = cluster.await(Deployment.class, "db-servers");
    // The garbage collector goes by this; there is none here.
    assertTrue(deployment.getMetadata().getOwnerReferences().getFirst().getController());
    admin.resources(ZeoRaid.class).inNamespace(namespace).withName("db").delete();
    long rounds = operator.rounds();
    admin.apps().deployments().inNamespace(namespace).withName("db-servers").delete();
    cluster.create("other", "a", "b");
    cluster.await(Deployment.class, "other-servers");
    operator.awaitRounds(rounds + 1);
    assertNull(cluster.find(Deployment.class, "db-servers"));
  }

  @Test
  void neverTouchesWhatAnotherOwns() {
    cluster.create("db", "a-b", "c");
    cluster.await(Deployment.class, "db-servers");
    StatefulSet before = cluster.get(StatefulSet.class, "db-a-b");
    // Its backend b would be db-a-b, too.
    cluster.create("db-a", "b", "c");
    ZeoRaid raid = cluster.awaitRaid("db-a", found -> Cluster.is(found, "Stalled", Truth.True));
    assertTrue(
        Cluster.condition(raid, "Stalled").message().contains("db-a-b belongs to ZeoRaid db"),
        raid.getStatus().toString());
    assertEquals(
        before.getMetadata().getResourceVersion(),
        cluster.get(StatefulSet.class, "db-a-b").getMetadata().getResourceVersion());
    // Its servers would write to the other RAID's backend.
    assertNull(cluster.find(Deployment.class, "db-a-servers"));
    assertTrue(cluster.events().contains("NameTaken"), cluster.events().toString());
  }

  @Test
  void neverTakesWhatNobodyOwns() {
    HasMetadata mine =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName("db-servers")
            .withNamespace(namespace)
            .endMetadata()
            .withData(Map.of("mine", "yes"))
            .build();
    admin.resource(mine).create();
    cluster.create("db", "a", "b");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Stalled", Truth.True));
    assertEquals(Map.of("mine", "yes"), cluster.get(ConfigMap.class, "db-servers").getData());
    admin.resource(mine).delete();
    cluster.awaitRaid("db", found -> Cluster.is(found, "Stalled", Truth.False));
  }

  @Test
  void removedBackendRunsUntilTheServersHaveLeftIt() {
    cluster.create("db", "a", "b");
    cluster.runs("db", "a", "b");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Ready", Truth.True));
    cluster.edit("db", "{\"spec\":{\"backends\":[{\"name\":\"a\"}]}}");
    cluster.awaitRaid(
        "db", found -> Cluster.isAbout(found, 2) && Cluster.is(found, "Reconciling", Truth.True));
    assertTrue(servers.asked().contains("reload"));
    assertNotNull(cluster.get(StatefulSet.class, "db-b"));
    RaidStatus both = FakeServers.status(BackendState.BACKEND_STATE_IN_SYNC);
    servers.say(both.toBuilder().removeBackends(1).build());
    cluster.awaitGone(StatefulSet.class, "db-b");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Reconciling", Truth.False));
    assertFalse(cluster.claims().isEmpty());
  }

  @Test
  void newVolumeOfADivergedBackendIsRecoveredOnceThoughTheOperatorIsKilled() {
    cluster.create("db", "a", "b");
    cluster.runs("db", "a", "b");
    servers.say(FakeServers.status(BackendState.BACKEND_STATE_DIVERGED));
    cluster.awaitRaid("db", found -> Cluster.is(found, "Degraded", Truth.True));
    servers.grantNothing(true);
    cluster.replaceVolume("db", "b");
    operator.awaitAsked(servers, 1);
    // Before it was granted.
    operator.close();
    operator = new OneOperator(namespace, servers);
    servers.grantNothing(false);
    operator.start();
    String claim = cluster.claimUid("db", "b");
    cluster.awaitRaid("db", found -> claim.equals(Cluster.last(found).claimUid()));
    int asked = servers.asked().size();
    operator.awaitRounds(operator.rounds() + 2);
    assertEquals(asked, servers.asked().size(), servers.asked().toString());
  }

  @Test
  void rollsOneBackendAfterAnother() {
    cluster.create("db", "a", "b");
    cluster.runs("db", "a", "b");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Ready", Truth.True));
    for (String backend : List.of("a", "b")) {
      cluster.hasRevision("db", backend, "one");
      cluster.hasUpdateRevision("db", backend, "two");
    }
    Cluster.until("a is rolled", () -> cluster.isBeingDeleted("db", "a"));
    cluster.awaitRaid("db", found -> Cluster.is(found, "Reconciling", Truth.True));
    operator.awaitRounds(operator.rounds() + 2);
    assertFalse(cluster.isBeingDeleted("db", "b"), "a is not back");
    servers.say(FakeServers.aIsRebuilt());
    cluster.podComesAnew("db", "a", "two");
    operator.awaitRounds(operator.rounds() + 2);
    assertFalse(cluster.isBeingDeleted("db", "b"), "a is being rebuilt");
    servers.say(FakeServers.status(BackendState.BACKEND_STATE_IN_SYNC));
    Cluster.until("b is rolled", () -> cluster.isBeingDeleted("db", "b"));
    cluster.podComesAnew("db", "b", "two");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Reconciling", Truth.False));
    assertEquals(List.of(), servers.asked());
  }

  @Test
  void serverThatWasGivenItsConfigurationLateIsReloaded() {
    cluster.create("db", "a", "b");
    cluster.runs("db", "a", "b");
    RaidStatus well = FakeServers.status(BackendState.BACKEND_STATE_IN_SYNC);
    servers.say(well.toBuilder().addConfigured("a").build());
    cluster.awaitRaid("db", found -> Cluster.is(found, "Reconciling", Truth.True));
    assertTrue(servers.asked().contains("reload"));
    servers.say(well.toBuilder().addConfigured("a").addConfigured("b").build());
    cluster.awaitRaid("db", found -> Cluster.is(found, "Reconciling", Truth.False));
  }

  @Test
  void volumesGrowWhereTheirClassAllowsIt() {
    cluster.storageClass(false);
    cluster.create("db", "a", "b");
    cluster.runs("db", "a", "b");
    cluster.hasVolume("db", "a", "1Gi");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Ready", Truth.True));
    cluster.edit("db", "{\"spec\":{\"backendTemplate\":{\"storage\":{\"size\":\"2Gi\"}}}}");
    ZeoRaid raid = cluster.awaitRaid("db", found -> Cluster.is(found, "Stalled", Truth.True));
    assertEquals("VolumeCannotGrow", Cluster.condition(raid, "Stalled").reason());
    assertTrue(cluster.events().contains("VolumeCannotGrow"), cluster.events().toString());
    assertEquals("1Gi", cluster.requested("db", "a"));
    cluster.storageClass(true);
    raid = cluster.awaitRaid("db", found -> Cluster.is(found, "Reconciling", Truth.True));
    assertEquals("GrowingVolumes", Cluster.condition(raid, "Reconciling").reason());
    assertEquals("2Gi", cluster.requested("db", "a"));
    cluster.hasVolume("db", "a", "2Gi");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Reconciling", Truth.False));
  }

  @Test
  void annotationGivesWhatIsOutAFreshVolume() {
    cluster.create("db", "a", "b");
    cluster.runs("db", "a", "b");
    servers.say(FakeServers.status(BackendState.BACKEND_STATE_DIVERGED));
    cluster.awaitRaid("db", found -> Cluster.is(found, "Degraded", Truth.True));
    annotate(cluster.claimUid("db", "a"));
    ZeoRaid raid = cluster.awaitRaid("db", found -> Cluster.is(found, "Stalled", Truth.True));
    assertEquals("ReprovisionRefused", Cluster.condition(raid, "Stalled").reason());
    annotate(cluster.claimUid("db", "b"));
    Cluster.until(
        "claim is being deleted",
        () -> cluster.claimOf("db", "b").getMetadata().getDeletionTimestamp() != null);
    Cluster.until("pod is being deleted", () -> cluster.isBeingDeleted("db", "b"));
    cluster.replaceVolume("db", "b");
    String claim = cluster.claimUid("db", "b");
    cluster.awaitRaid("db", found -> claim.equals(Cluster.last(found).claimUid()));
    assertTrue(servers.asked().contains("recover b"));
    // The annotation is still there.
    operator.awaitRounds(operator.rounds() + 2);
    assertEquals(claim, cluster.claimUid("db", "b"));
    assertFalse(cluster.isBeingDeleted("db", "a"));
    assertFalse(cluster.isBeingDeleted("db", "b"));
  }

  private void annotate(String uid) {
    cluster.edit(
        "db",
        "{\"metadata\":{\"annotations\":{\"zeoraid.io/reprovision\":\"%s\"}}}".formatted(uid));
  }

  @Test
  void serversThatWaitForASecretAreTold() {
    cluster.create("db", "a", "b");
    cluster.await(Deployment.class, "db-servers");
    cluster.edit("db", "{\"spec\":{\"hibernated\":true}}");
    cluster.awaitRaid(
        "db",
        found ->
            Cluster.isAbout(found, 2) && Integer.valueOf(0).equals(found.getStatus().replicas()));
    cluster.edit(
        "db",
        "{\"spec\":{\"hibernated\":false,\"servers\":{\"tls\":{\"secretName\":\"db-tls\"}}}}");
    cluster.awaitRaid("db", found -> Cluster.isAbout(found, 3));
    cluster.backendsRun("db", "a", "b");
    cluster.await(Deployment.class, "db-servers", found -> found.getSpec().getReplicas() == 2);
    cluster.serverWaitsForVolumes("db");
    ZeoRaid raid = cluster.awaitRaid("db", found -> Cluster.is(found, "Stalled", Truth.True));
    assertEquals("WaitingForSecrets", Cluster.condition(raid, "Stalled").reason());
    assertTrue(
        Cluster.condition(raid, "Stalled")
            .message()
            .contains("Secret db-tls with ca.crt, tls.crt, tls.key"),
        raid.getStatus().toString());
    assertTrue(cluster.events().contains("WaitingForSecrets"), cluster.events().toString());
    cluster.podEnds("db-servers-x");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Stalled", Truth.False));
  }

  @Test
  void controlTlsNeedsACertificateOfTheOperator() {
    servers.lackCertificate(true);
    cluster.create("other", "a");
    cluster.create("db", "a", "b");
    cluster.await(Deployment.class, "db-servers");
    Deployment before = cluster.get(Deployment.class, "db-servers");
    cluster.edit("db", "{\"spec\":{\"servers\":{\"controlTls\":{\"secretName\":\"c\"}}}}");
    ZeoRaid raid = cluster.awaitRaid("db", found -> Cluster.is(found, "Stalled", Truth.True));
    assertEquals("NoControlCertificate", Cluster.condition(raid, "Stalled").reason());
    assertTrue(
        Cluster.condition(raid, "Stalled").message().contains("it has no certificate"),
        raid.getStatus().toString());
    assertTrue(cluster.events().contains("NoControlCertificate"), cluster.events().toString());
    assertEquals(
        before.getSpec().getTemplate(),
        cluster.get(Deployment.class, "db-servers").getSpec().getTemplate());
    cluster.awaitRaid("other", found -> Cluster.is(found, "Stalled", Truth.False));
    servers.lackCertificate(false);
    cluster.awaitRaid("db", found -> Cluster.is(found, "Stalled", Truth.False));
    cluster.await(
        Deployment.class,
        "db-servers",
        found -> found.getSpec().getTemplate().getSpec().getVolumes().size() == 3);
  }

  @Test
  void serversSleepFirstAndWakeLast() {
    cluster.create("db", "a", "b");
    cluster.runs("db", "a", "b");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Ready", Truth.True));
    List<String> before = alarms();
    cluster.edit("db", "{\"spec\":{\"hibernated\":true}}");
    cluster.await(Deployment.class, "db-servers", found -> found.getSpec().getReplicas() == 0);
    operator.awaitRounds(operator.rounds() + 2);
    assertEquals(1, cluster.get(StatefulSet.class, "db-a").getSpec().getReplicas());
    cluster.podEnds("db-servers-x");
    cluster.await(StatefulSet.class, "db-a", found -> found.getSpec().getReplicas() == 0);
    cluster.podEnds("db-a-0");
    cluster.podEnds("db-b-0");
    ZeoRaid raid = cluster.awaitRaid("db", found -> Cluster.is(found, "Reconciling", Truth.False));
    assertEquals(State.Hibernated, raid.getStatus().raid());
    cluster.edit("db", "{\"spec\":{\"hibernated\":false}}");
    cluster.await(StatefulSet.class, "db-b", found -> found.getSpec().getReplicas() == 1);
    cluster.backendPod("db", "a");
    operator.awaitRounds(operator.rounds() + 2);
    assertEquals(0, cluster.get(Deployment.class, "db-servers").getSpec().getReplicas());
    cluster.backendPod("db", "b");
    cluster.await(Deployment.class, "db-servers", found -> found.getSpec().getReplicas() == 2);
    assertEquals(before, alarms());
  }

  private List<String> alarms() {
    return cluster.events().stream().filter(it -> it.startsWith("BackendPod")).toList();
  }
}
