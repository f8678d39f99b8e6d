package io.zeoraid.operator.status;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.BackendStatus;
import io.zeoraid.control.v1.RaidState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidStatus;
import io.zeoraid.crd.ZeoRaidStatus.ConditionStatus;
import io.zeoraid.crd.ZeoRaidStatus.Truth;
import io.zeoraid.operator.status.Seen.Trouble;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StatusesTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00.5Z");
  private static final Instant LATER = NOW.plusSeconds(60);
  private static final Seen.Backend POD =
      new Seen.Backend(
          Optional.of("pod-1"), "data-db-b-0", Optional.of("claim-1"), Optional.empty());

  private static final Optional<Trouble> APPLYING = Optional.of(new Trouble("Applying", "soon"));

  private final ZeoRaid raid =
      Serialization.unmarshal(
          """
          apiVersion: zeoraid.io/v1alpha1
          kind: ZeoRaid
          metadata: {name: db, generation: 7}
          spec:
            servers: {replicas: 2}
            backends: [{name: a}, {name: b}]
          """,
          ZeoRaid.class);

  @Test
  void allInSyncIsOptimalAndReady() {
    ZeoRaidStatus status =
        Statuses.of(
            raid, seen(RaidState.RAID_STATE_OPTIMAL, BackendState.BACKEND_STATE_IN_SYNC), NOW);
    assertEquals(ZeoRaidStatus.State.Optimal, status.raid());
    assertEquals("2/2", status.optimal());
    assertEquals("2/2", status.servers());
    assertEquals("", status.recovering());
    assertEquals(Truth.True, condition(status, "Ready").status());
    assertEquals(Truth.False, condition(status, "Degraded").status());
    assertEquals(7, status.observedGeneration());
    assertEquals("2026-03-01T12:00:00Z", condition(status, "Ready").lastTransitionTime());
  }

  @Test
  void nothingButTimeChangesNothing() {
    Seen seen = seen(RaidState.RAID_STATE_OPTIMAL, BackendState.BACKEND_STATE_IN_SYNC);
    ZeoRaidStatus first = Statuses.of(raid, seen, NOW);
    raid.setStatus(first);
    assertEquals(first, Statuses.of(raid, seen, LATER));
  }

  @Test
  void suspectedDataLossIsTold() {
    RaidStatus lost =
        RaidStatus.newBuilder()
            .setState(RaidState.RAID_STATE_FAILED)
            .setDetail("transaction 0000000000000007 was committed")
            .setDataLossSuspected(true)
            .build();
    ZeoRaidStatus status =
        Statuses.of(
            raid,
            new Seen(
                Optional.of(lost),
                1,
                0,
                Map.of(),
                Optional.empty(),
                false,
                Optional.empty(),
                Optional.empty()),
            NOW);
    assertEquals(Truth.True, condition(status, "DataLossSuspected").status());
    assertEquals(
        List.of("Failed", "DataLossSuspected"),
        Transitions.between(null, status).stream().map(Transitions.Happening::reason).toList());
    assertEquals(List.of(), Transitions.between(status, status));
  }

  @Test
  void lostBackendIsDegradedSinceThen() {
    raid.setStatus(
        Statuses.of(
            raid, seen(RaidState.RAID_STATE_OPTIMAL, BackendState.BACKEND_STATE_IN_SYNC), NOW));
    ZeoRaidStatus status =
        Statuses.of(
            raid, seen(RaidState.RAID_STATE_DEGRADED, BackendState.BACKEND_STATE_FAILED), LATER);
    assertEquals("1/2", status.optimal());
    ConditionStatus degraded = condition(status, "Degraded");
    assertEquals(Truth.True, degraded.status());
    assertEquals("not in sync: b", degraded.message());
    assertEquals("2026-03-01T12:01:00Z", degraded.lastTransitionTime());
    assertEquals("2026-03-01T12:00:00Z", condition(status, "Ready").lastTransitionTime());
    assertEquals("Failed", last(status).reason());
    assertEquals("pod-1", last(status).podUid());
  }

  @Test
  void whatKubernetesSaysIsTheCause() {
    Seen seen = seen(RaidState.RAID_STATE_DEGRADED, BackendState.BACKEND_STATE_FAILED);
    Seen.Backend pending =
        new Seen.Backend(
            Optional.empty(),
            "data-db-b-0",
            Optional.of("claim-1"),
            Optional.of(new Trouble("VolumePending", "no node has room")));
    ZeoRaidStatus status =
        Statuses.of(
            raid,
            new Seen(
                seen.raid(),
                2,
                2,
                Map.of("b", pending),
                Optional.empty(),
                false,
                Optional.empty(),
                Optional.empty()),
            NOW);
    assertEquals("VolumePending", last(status).reason());
    assertEquals(ZeoRaidStatus.BackendState.Out, last(status).state());
  }

  @Test
  void rebuildIsDegradedAndRecovering() {
    ZeoRaidStatus status =
        Statuses.of(
            raid,
            seen(RaidState.RAID_STATE_RECOVERING, BackendState.BACKEND_STATE_RECOVERING),
            NOW);
    assertEquals("b", status.recovering());
    assertEquals(Truth.True, condition(status, "Recovering").status());
    assertEquals(Truth.True, condition(status, "Degraded").status());
  }

  @Test
  void silenceIsUnknownAndNotDegraded() {
    ZeoRaidStatus status =
        Statuses.of(
            raid,
            new Seen(
                Optional.empty(),
                2,
                0,
                Map.of("b", POD),
                APPLYING,
                false,
                Optional.empty(),
                Optional.empty()),
            NOW);
    assertEquals(ZeoRaidStatus.State.Unknown, status.raid());
    assertEquals(Truth.Unknown, condition(status, "Ready").status());
    assertEquals(Truth.Unknown, condition(status, "Degraded").status());
    assertEquals(Truth.True, condition(status, "Reconciling").status());
    assertEquals(
        ZeoRaidStatus.BackendState.Unknown, requireNonNull(status.backends()).getFirst().state());
  }

  @Test
  void serverThatOnlyWaitsForAPrimaryIsUnknownAndNoAlarm() {
    ZeoRaidStatus before =
        Statuses.of(
            raid, seen(RaidState.RAID_STATE_OPTIMAL, BackendState.BACKEND_STATE_IN_SYNC), NOW);
    ZeoRaidStatus status = Statuses.of(raid, failed(true, false), LATER);
    assertEquals(ZeoRaidStatus.State.Unknown, status.raid());
    for (String type : List.of("Ready", "Degraded", "Recovering", "DataLossSuspected")) {
      assertEquals(Truth.Unknown, condition(status, type).status(), type);
      assertEquals("NoPrimary", condition(status, type).reason(), type);
    }
    assertEquals("no ZEORaid server is in office: why", condition(status, "Ready").message());
    assertEquals(
        List.of(false),
        Transitions.between(before, status).stream().map(Transitions.Happening::warning).toList());
  }

  @Test
  void serverThatHasFoundSomethingWrongHasFailed() {
    ZeoRaidStatus before =
        Statuses.of(
            raid, seen(RaidState.RAID_STATE_OPTIMAL, BackendState.BACKEND_STATE_IN_SYNC), NOW);
    // One of an older version does not tell that it only waits.
    ZeoRaidStatus status = Statuses.of(raid, failed(false, false), LATER);
    assertEquals(ZeoRaidStatus.State.Failed, status.raid());
    assertEquals(Truth.False, condition(status, "Ready").status());
    assertEquals("NotServing", condition(status, "Ready").reason());
    assertEquals(
        List.of(true),
        Transitions.between(before, status).stream().map(Transitions.Happening::warning).toList());
    assertEquals(
        Truth.True,
        condition(Statuses.of(raid, failed(false, true), LATER), "DataLossSuspected").status());
  }

  private static Seen failed(boolean waiting, boolean lost) {
    Seen well = seen(RaidState.RAID_STATE_FAILED, BackendState.BACKEND_STATE_IN_SYNC);
    RaidStatus raid =
        well.raid().orElseThrow().toBuilder()
            .setServing(false)
            .setDetail("why")
            .setWaiting(waiting)
            .setDataLossSuspected(lost)
            .build();
    return new Seen(
        Optional.of(raid),
        2,
        2,
        well.backends(),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void stalledIsNotReconciling() {
    Seen seen =
        new Seen(
            Optional.empty(),
            0,
            0,
            Map.of(),
            APPLYING,
            false,
            Optional.of(new Trouble("Forbidden", "no")),
            Optional.empty());
    ZeoRaidStatus status = Statuses.of(raid, seen, NOW);
    assertEquals(Truth.True, condition(status, "Stalled").status());
    assertEquals("Forbidden", condition(status, "Stalled").reason());
    assertEquals(Truth.False, condition(status, "Reconciling").status());
  }

  private static Seen seen(RaidState state, BackendState ofB) {
    RaidStatus raid =
        RaidStatus.newBuilder()
            .setState(state)
            .setServing(true)
            .addBackends(backend("a", BackendState.BACKEND_STATE_IN_SYNC))
            .addBackends(backend("b", ofB))
            .build();
    return new Seen(
        Optional.of(raid),
        2,
        2,
        Map.of("b", POD),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.empty());
  }

  private static BackendStatus backend(String name, BackendState state) {
    return BackendStatus.newBuilder().setName(name).setState(state).setText("text").build();
  }

  private static ZeoRaidStatus.BackendStatus last(ZeoRaidStatus status) {
    return requireNonNull(status.backends()).getLast();
  }

  private static ConditionStatus condition(ZeoRaidStatus status, String type) {
    return requireNonNull(status.conditions()).stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst()
        .orElseThrow();
  }
}
