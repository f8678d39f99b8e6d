package io.zeoraid.server.control;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.Collector;
import io.quarkus.runtime.StartupEvent;
import io.zeoraid.server.control.Statuses.Answer;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * What {@code /q/metrics} tells of the storages, gathered when it is asked: the counters of {@link
 * StorageMeters}, and the status of each storage. Backends come and go with the configuration, and
 * so do their series; a storage that does not tell its status in time has only its counters.
 *
 * <p>It goes to the Prometheus registry past Micrometer, which has no histogram that is counted
 * elsewhere.
 */
@Singleton
class RaidMetrics extends Collector {
  private final Statuses statuses;
  private final ServerMeters meters;

  RaidMetrics(Statuses statuses, ServerMeters meters) {
    this.statuses = statuses;
    this.meters = meters;
  }

  void register(@Observes StartupEvent start, PrometheusMeterRegistry registry) {
    registry.getPrometheusRegistry().register(this);
  }

  @Override
  public List<MetricFamilySamples> collect() {
    var families = new ArrayList<MetricFamily>(families(meters.all()));
    var gauges = new StatusGauges();
    for (Map.Entry<String, Answer> entry : statuses.ask().entrySet()) {
      if (entry.getValue() instanceof Answer.Told told) {
        gauges.add(told.status());
      }
    }
    families.addAll(gauges.families());
    return families.stream().map(MetricFamily::samples).toList();
  }

  private static List<MetricFamily> families(Collection<StorageMeters> all) {
    var commits = counter("zeoraid_commits_total", "Transactions committed for clients");
    var aborts = counter("zeoraid_aborts_total", "Transactions of clients that ended uncommitted");
    var conflicts = counter("zeoraid_conflicts_total", "Conflicts that clients were told");
    var loads = counter("zeoraid_loads_total", "Loads answered to clients");
    var stores = counter("zeoraid_stores_total", "Records stored by clients");
    var bytes = counter("zeoraid_stored_bytes_total", "Bytes of records stored by clients");
    var hits = counter("zeoraid_cache_hits_total", "Loads answered from the cache");
    var misses = counter("zeoraid_cache_misses_total", "Loads not answered from the cache");
    var cacheBytes = gauge("zeoraid_cache_bytes", "Memory that cached records take");
    var clients = gauge("zeoraid_clients", "Clients connected");
    var waiting = gauge("zeoraid_waiting_commits", "Transactions waiting for their turn to vote");
    var loadSeconds = histogram("zeoraid_load_seconds", "From a client's load to its answer");
    var commitSeconds =
        histogram("zeoraid_commit_seconds", "From a client's vote to the answer to its finish");
    for (StorageMeters one : all) {
      String storage = one.storage();
      commits.add(one.commits().count(), storage);
      aborts.add(one.aborts(), storage);
      conflicts.add(one.conflicts(), storage);
      loads.add(one.loads().count(), storage);
      stores.add(one.stores(), storage);
      bytes.add(one.storedBytes(), storage);
      hits.add(one.cacheHits(), storage);
      misses.add(one.cacheMisses(), storage);
      cacheBytes.add(one.cacheBytes(), storage);
      clients.add(one.clients(), storage);
      waiting.add(one.waiting(), storage);
      loadSeconds.add(one.loads(), storage);
      commitSeconds.add(one.commits(), storage);
    }
    return List.of(
        commits,
        aborts,
        conflicts,
        loads,
        stores,
        bytes,
        hits,
        misses,
        cacheBytes,
        clients,
        waiting,
        loadSeconds,
        commitSeconds);
  }

  private static MetricFamily counter(String name, String help) {
    return MetricFamily.counter(name, help, "storage");
  }

  private static MetricFamily gauge(String name, String help) {
    return MetricFamily.gauge(name, help, "storage");
  }

  private static MetricFamily histogram(String name, String help) {
    return MetricFamily.histogram(name, help, "storage");
  }
}
