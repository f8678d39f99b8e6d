package io.zeoraid.operator.app;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.crd.ApiServer;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidStatus.PackResult;
import io.zeoraid.crd.ZeoRaidStatus.PackState;
import io.zeoraid.crd.ZeoRaidStatus.PackStatus;
import io.zeoraid.crd.ZeoRaidStatus.State;
import io.zeoraid.crd.ZeoRaidStatus.Truth;
import io.zeoraid.operator.plan.PackSchedule.Heard;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Packs by a schedule, at a real API server; the test turns the clock. */
final class PacksTest {
  /** Goes on from a time that is set. */
  private static final class Ahead extends Clock {
    private volatile Duration by = Duration.ZERO;

    @Override
    public Instant instant() {
      return Instant.now().plus(by);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }

  private final KubernetesClient admin = ApiServer.get().admin();
  private final String namespace = ApiServer.get().namespace();
  private final FakeServers servers = new FakeServers();
  private final Cluster cluster = new Cluster(admin, namespace);
  private final Ahead clock = new Ahead();
  private OneOperator operator = new OneOperator(namespace, servers, clock);

  @BeforeEach
  void start() {
    cluster.prepare();
    operator.start();
    cluster.create("db", "a", "b");
    cluster.runs("db", "a", "b");
    cluster.awaitRaid("db", found -> Cluster.is(found, "Ready", Truth.True));
    cluster.edit("db", "{\"spec\":{\"pack\":{\"schedule\":\"30 3 * * SUN\"}}}");
    await(pack -> pack.state() == PackState.Waiting);
  }

  @AfterEach
  void stop() {
    operator.close();
  }

  @Test
  void packsOnceWhenItIsDueAndTellsOfIt() {
    cluster.awaitQuiet(operator);
    assertEquals(List.of(), servers.asked());
    servers.say(FakeServers.status(BackendState.BACKEND_STATE_DISABLED));
    cluster.awaitRaid("db", found -> found.getStatus().raid() == State.Degraded);
    Instant due = untilItIsDue();
    await(pack -> pack.state() == PackState.Postponed);
    assertEquals(List.of(), servers.asked());
    servers.say(FakeServers.status(BackendState.BACKEND_STATE_IN_SYNC));
    await(pack -> pack.state() == PackState.Packing);
    assertEquals(List.of("pack " + due.minus(Duration.ofDays(7))), servers.asked());
    operator.awaitRounds(operator.rounds() + 2);
    servers.pack(new Heard.Packed("packed all backends"));
    PackStatus pack = await(it -> it.state() == PackState.Waiting);
    assertEquals(PackResult.Packed, pack.lastResult());
    assertEquals("packed all backends", pack.lastOutcome());
    assertEquals(due.plus(Duration.ofDays(7)).toString(), pack.nextTime());
    cluster.awaitQuiet(operator);
    assertEquals(1, servers.asked().size(), servers.asked().toString());
    assertTrue(
        cluster.events().containsAll(List.of("PackPostponed", "PackStarted", "Packed")),
        cluster.events().toString());
  }

  @Test
  void isAskedForAtMostOnceMoreThoughTheOperatorIsKilled() {
    untilItIsDue();
    await(pack -> pack.state() == PackState.Packing);
    operator.close();
    servers.say(
        FakeServers.status(BackendState.BACKEND_STATE_IN_SYNC).toBuilder()
            .setPacking("packing backend a, 1 of 2")
            .build());
    operator = new OneOperator(namespace, servers, clock);
    operator.start();
    await(pack -> "packing backend a, 1 of 2".equals(pack.message()));
    operator.awaitRounds(2);
    assertEquals(1, servers.asked().size(), servers.asked().toString());
    servers.say(FakeServers.status(BackendState.BACKEND_STATE_IN_SYNC));
    operator.awaitAsked(servers, 2);
    assertEquals(servers.asked().getFirst(), servers.asked().getLast());
    servers.pack(new Heard.Failed("backend b could not pack: the disk is full"));
    PackStatus pack = await(it -> it.state() == PackState.Waiting);
    assertEquals(PackResult.Failed, pack.lastResult());
    assertTrue(cluster.events().contains("PackFailed"), cluster.events().toString());
    cluster.awaitQuiet(operator);
    assertEquals(2, servers.asked().size(), servers.asked().toString());
  }

  @Test
  void scheduleThatNeverComesIsStalled() {
    cluster.edit("db", "{\"spec\":{\"pack\":{\"schedule\":\"30 3 30 2 *\"}}}");
    ZeoRaid raid = cluster.awaitRaid("db", found -> Cluster.is(found, "Stalled", Truth.True));
    assertEquals("PackScheduleInvalid", Cluster.condition(raid, "Stalled").reason());
    cluster.edit("db", "{\"spec\":{\"pack\":null}}");
    raid = cluster.awaitRaid("db", found -> Cluster.is(found, "Stalled", Truth.False));
    assertEquals(null, raid.getStatus().pack());
  }

  /** Turns the clock. */
  private Instant untilItIsDue() {
    Instant due = Instant.parse(requireNonNull(await(pack -> true).nextTime()));
    clock.by = Duration.between(Instant.now(), due).plusSeconds(1);
    return due;
  }

  private PackStatus await(Predicate<PackStatus> holds) {
    ZeoRaid raid =
        cluster.awaitRaid(
            "db",
            found ->
                found.getStatus().pack() != null
                    && holds.test(requireNonNull(found.getStatus().pack())));
    return requireNonNull(raid.getStatus().pack());
  }
}
