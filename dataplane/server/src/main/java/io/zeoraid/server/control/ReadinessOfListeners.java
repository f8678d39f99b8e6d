package io.zeoraid.server.control;

import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** {@code /q/health/ready}: clients can connect, as every {@link ListenerProbe} says. */
@Readiness
@Singleton
class ReadinessOfListeners implements HealthCheck {
  private final Iterable<ListenerProbe> probes;

  @Inject
  ReadinessOfListeners(Instance<ListenerProbe> probes) {
    this((Iterable<ListenerProbe>) probes);
  }

  ReadinessOfListeners(Iterable<ListenerProbe> probes) {
    this.probes = probes;
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder response = HealthCheckResponse.named("clients");
    boolean ready = true;
    for (ListenerProbe probe : probes) {
      String why = probe.deafness();
      if (!why.isEmpty()) {
        response.withData("reason", why);
        ready = false;
      }
    }
    return response.status(ready).build();
  }
}
