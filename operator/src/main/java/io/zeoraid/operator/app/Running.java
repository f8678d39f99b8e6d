package io.zeoraid.operator.app;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.micrometer.core.instrument.MeterRegistry;
import io.zeoraid.operator.plan.Settings;
import io.zeoraid.operator.reconcile.Reconciliation;
import io.zeoraid.operator.servers.RaidServers;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;

/** The operator, from its start to its stop; what it runs in is not its business. */
public final class Running implements AutoCloseable {
  private static final String LEASE = "zeoraid-operator";
  private static final Duration LAST_ROUND = Duration.ofSeconds(10);
  private static final Duration AT_LEAST = Duration.ofMinutes(5);

  private final Operator operator;
  private volatile boolean closing;

  /**
   * Not started yet.
   *
   * @param client how to reach the API server; not closed
   * @param servers how to reach ZEORaid servers; not closed
   * @param settings what the operator was started with
   * @param instance the name of its pod
   * @param namespaces where ZeoRaids are looked after; empty means everywhere
   * @param elect whether only one of several operators works at a time
   * @param onLost called if another one was elected meanwhile: this one has to end. It does no harm
   *     until then
   * @param meters where rounds are counted and timed
   * @param clock the time
   */
  public Running(
      KubernetesClient client,
      RaidServers servers,
      Settings settings,
      String instance,
      Set<String> namespaces,
      boolean elect,
      Runnable onLost,
      MeterRegistry meters,
      Clock clock) {
    operator =
        new Operator(overrider -> {
          overrider
              .withKubernetesClient(client)
              .withCloseClientOnStop(false)
              .withReconciliationTerminationTimeout(LAST_ROUND);
          if (elect) {
            overrider.withLeaderElectionConfiguration(
                election(settings.namespace(), instance, onLost));
          }
        });
    Reconciliation reconciliation = new Reconciliation(client, servers, settings, instance, clock);
    operator.register(
        new ZeoRaidReconciler(reconciliation, meters),
        overrider -> {
          // Annotations are wishes, too.
          overrider
              .withGenerationAware(false)
              .withRetry(retry())
              .withReconciliationMaxInterval(AT_LEAST);
          if (namespaces.isEmpty()) {
            overrider.watchingAllNamespaces();
          } else {
            overrider.settingNamespaces(namespaces);
          }
        });
  }

  /** An API server that is away comes back at some time. */
  private static GenericRetry retry() {
    return new GenericRetry()
        .setInitialInterval(1000)
        .setIntervalMultiplier(1.5)
        .setMaxInterval(30_000)
        .withoutMaxAttempts();
  }

  /** The operator SDK would end the JVM, even while it is being ended in good order. */
  private LeaderElectionConfiguration election(String namespace, String instance, Runnable onLost) {
    LeaderCallbacks callbacks =
        new LeaderCallbacks(
            () -> {},
            () -> {
              if (!closing) {
                onLost.run();
              }
            },
            leader -> {});
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
        .withLeaseNamespace(namespace)
        .withIdentity(instance)
        .withLeaderCallbacks(callbacks)
        .withExitOnStopLeading(false)
        .build();
  }

  /** Starts it; with an election it works once it is elected. */
  public void start() {
    operator.start();
  }

  /** Whether all watches are as they should be. */
  public boolean isHealthy() {
    return operator.getRuntimeInfo().allEventSourcesAreHealthy();
  }

  /** Stops it, after the rounds that it is in. */
  @Override
  public void close() {
    closing = true;
    operator.stop();
  }
}
