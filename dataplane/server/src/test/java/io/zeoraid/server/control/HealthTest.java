package io.zeoraid.server.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zeoraid.raid.status.RaidState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

final class HealthTest {
  private final FakeControl control = new FakeControl();
  private final ReadinessOfStorages readiness = new ReadinessOfStorages(new Statuses(control));

  @Test
  void isReadyWhenEveryStorageServes() {
    control.set(FakeControl.status("catalog", RaidState.DEGRADED));

    HealthCheckResponse response = readiness.call();

    assertEquals(Status.UP, response.getStatus());
    assertEquals(
        Map.of(
            "storage 1", "serving, optimal",
            "storage catalog", "serving, degraded: b is \"out\""),
        response.getData().orElseThrow());
  }

  @Test
  void isNotReadyWhenAStorageDoesNotServe() {
    control.set(FakeControl.status("catalog", RaidState.FAILED));

    HealthCheckResponse response = readiness.call();

    assertEquals(Status.DOWN, response.getStatus());
    assertEquals(
        "not serving, failed: b is \"out\"",
        response.getData().orElseThrow().get("storage catalog"));
  }

  @Test
  void isNotReadyBeforeAStorageIsOpen() {
    control.forgetStorages();

    assertEquals(Status.DOWN, readiness.call().getStatus());
  }

  @Test
  void isNotReadyWhenAStorageCannotTellItsStatus() {
    control.refuse(new IllegalStateException("broken"));

    HealthCheckResponse response = readiness.call();

    assertEquals(Status.DOWN, response.getStatus());
    assertEquals(
        "could not tell its status: java.lang.IllegalStateException: broken",
        response.getData().orElseThrow().get("storage 1"));
  }

  @Test
  void isReadyWhenClientsCanConnect() {
    assertEquals(Status.UP, new ReadinessOfListeners(List.of(() -> "")).call().getStatus());
  }

  @Test
  void isNotReadyWhenClientsCannotConnect() {
    HealthCheckResponse response =
        new ReadinessOfListeners(List.of(() -> "", () -> "the port is taken")).call();

    assertEquals(Status.DOWN, response.getStatus());
    assertEquals(Map.of("reason", "the port is taken"), response.getData().orElseThrow());
  }

  @Test
  void isAliveWhenEveryEventLoopTurns() {
    HealthCheckResponse response =
        liveness(probe("a", CompletableFuture.completedFuture(null))).call();

    assertEquals(Status.UP, response.getStatus());
    assertEquals(Map.of("a", "turns"), response.getData().orElseThrow());
  }

  @Test
  void isNotAliveWhenAnEventLoopHangs() {
    HealthCheckResponse response =
        liveness(
                probe("a", CompletableFuture.completedFuture(null)),
                probe("b", new CompletableFuture<>()))
            .call();

    assertEquals(Status.DOWN, response.getStatus());
    assertEquals(
        Map.of("a", "turns", "b", "did not come round within 1 ms"),
        response.getData().orElseThrow());
  }

  private static LivenessOfEventLoops liveness(EventLoopProbe... probes) {
    return new LivenessOfEventLoops(List.of(probes), Duration.ofMillis(1));
  }

  private static EventLoopProbe probe(String name, CompletionStage<?> turn) {
    return new EventLoopProbe() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public CompletionStage<?> turn() {
        return turn;
      }
    };
  }
}
