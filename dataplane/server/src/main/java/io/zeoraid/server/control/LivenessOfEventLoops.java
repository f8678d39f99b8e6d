package io.zeoraid.server.control;

import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;

/** {@code /q/health/live}: the process answers, and every {@link EventLoopProbe} comes round. */
@Liveness
@Singleton
class LivenessOfEventLoops implements HealthCheck {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Iterable<EventLoopProbe> probes;
  private final Duration patience;

  @Inject
  LivenessOfEventLoops(Instance<EventLoopProbe> probes) {
    this(probes, PATIENCE);
  }

  LivenessOfEventLoops(Iterable<EventLoopProbe> probes, Duration patience) {
    this.probes = probes;
    this.patience = patience;
  }

  @Override
  public HealthCheckResponse call() {
    var turns = new LinkedHashMap<String, CompletableFuture<?>>();
    for (EventLoopProbe probe : probes) {
      turns.put(probe.name(), probe.turn().toCompletableFuture());
    }
    long end = System.nanoTime() + patience.toNanos();
    HealthCheckResponseBuilder response = HealthCheckResponse.named("event loops");
    boolean alive = true;
    for (Map.Entry<String, CompletableFuture<?>> turn : turns.entrySet()) {
      boolean turned = turned(turn.getValue(), end - System.nanoTime());
      response.withData(
          turn.getKey(),
          turned ? "turns" : "did not come round within %d ms".formatted(patience.toMillis()));
      alive &= turned;
    }
    return response.status(alive).build();
  }

  private static boolean turned(CompletableFuture<?> turn, long nanos) {
    try {
      turn.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true; // The server is stopping; that is no reason to call it dead.
    }
  }
}
