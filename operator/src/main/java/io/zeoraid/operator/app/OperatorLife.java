package io.zeoraid.operator.app;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.zeoraid.operator.plan.Settings;
import io.zeoraid.operator.servers.Channels;
import io.zeoraid.operator.servers.GrpcRaidServers;
import io.zeoraid.operator.servers.OwnCertificate;
import io.zeoraid.operator.servers.RaidServers;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Set;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.jspecify.annotations.Nullable;

/** Starts and stops the operator with Quarkus. Alive as long as its watches are. */
@Singleton
@Liveness
class OperatorLife implements HealthCheck {
  private final KubernetesClient client;
  private final OperatorConfig config;
  private final MeterRegistry meters;
  private @Nullable RaidServers servers;
  private volatile @Nullable Running running;

  @Inject
  OperatorLife(KubernetesClient client, OperatorConfig config, MeterRegistry meters) {
    this.meters = meters;
    this.client = client;
    this.config = config;
  }

  void start(@Observes StartupEvent event) {
    OwnCertificate certificate = new OwnCertificate(config.controlTlsFolder().map(Path::of));
    servers = new GrpcRaidServers(new Channels(certificate), config.serverDeadline());
    running =
        new Running(
            client,
            servers,
            new Settings(config.serverImage(), config.backendImage(), config.namespace()),
            config.instance(),
            config.watchNamespaces().orElse(Set.of()),
            config.leaderElection(),
            () -> Quarkus.asyncExit(1),
            meters,
            Clock.systemUTC());
    requireNonNull(running).start();
  }

  void stop(@Observes ShutdownEvent event) {
    Running operator = running;
    if (operator != null) {
      operator.close();
    }
    if (servers != null) {
      servers.close();
    }
  }

  @Override
  public HealthCheckResponse call() {
    Running operator = running;
    return HealthCheckResponse.named("watches")
        .status(operator != null && operator.isHealthy())
        .build();
  }
}
