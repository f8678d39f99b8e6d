package io.zeoraid.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.crd.ZeoRaid;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HibernationTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final Pod SERVER =
      Serialization.unmarshal(
          "apiVersion: v1\nkind: Pod\nmetadata: {labels: {app.kubernetes.io/component: server}}",
          Pod.class);

  @Test
  void backendsStopOnceNoServerIsLeft() {
    assertEquals(Hibernation.FALLING_ASLEEP, of(true, 0, true, "", SERVER));
    assertEquals(Hibernation.ASLEEP, of(true, 0, true, ""));
  }

  @Test
  void serversWaitForTheBackendsOnlyAfterASleep() {
    assertEquals(Hibernation.WAKING_UP, of(false, 0, false, ""));
    assertEquals(Hibernation.AWAKE, of(false, 0, true, ""));
    // One backend that is lost is no reason to stop the servers.
    assertEquals(Hibernation.AWAKE, of(false, 2, false, ""));
  }

  @Test
  void backendThatCannotStartDoesNotHoldUpTheOthersForEver() {
    assertEquals(Hibernation.WAKING_UP, of(false, 0, false, waking("2026-03-01T11:55:00Z")));
    assertEquals(Hibernation.AWAKE, of(false, 0, false, waking("2026-03-01T11:45:00Z")));
  }

  private static String waking(String since) {
    return "status: {conditions: [{type: Reconciling, status: \"True\", reason: WakingUp, message: \"\","
        + " lastTransitionTime: \""
        + since
        + "\"}]}";
  }

  private static Hibernation of(
      boolean hibernated, int servers, boolean ready, String status, Pod... pods) {
    ZeoRaid wish =
        Serialization.unmarshal(
            "apiVersion: zeoraid.io/v1alpha1\nkind: ZeoRaid\nspec: {hibernated: %s}\n%s"
                .formatted(hibernated, status),
            ZeoRaid.class);
    HasMetadata deployment =
        Serialization.unmarshal(
            "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: %d}".formatted(servers),
            Deployment.class);
    return Hibernation.of(wish, List.of(deployment), List.of(pods), ready, NOW);
  }
}
