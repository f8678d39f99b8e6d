package io.zeoraid.server.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import io.zeoraid.raid.status.RaidState;
import java.io.IOException;
import java.io.StringWriter;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class RaidMetricsTest {
  private final FakeControl control = new FakeControl();
  private final ServerMeters meters = new ServerMeters();

  @Test
  void countsWhatTheStorageDoes() throws IOException {
    StorageMeters one = meters.of("1");
    one.loadAnswered(40_000);
    one.loadAnswered(50_000);
    one.loadAnswered(3_000_000_000L);
    one.committed(7_000_000);
    one.aborted();
    one.conflicted();
    one.conflicted();
    one.stored(100);
    one.stored(200);
    one.cacheHit();
    one.cacheHit();
    one.cacheMissed();
    one.cacheBytes(() -> 4096);
    one.clients(12);
    one.waiting(3);

    String text = scrape();

    assertHas(text, "zeoraid_loads_total{storage=\"1\",} 3.0");
    assertHas(text, "zeoraid_commits_total{storage=\"1\",} 1.0");
    assertHas(text, "zeoraid_aborts_total{storage=\"1\",} 1.0");
    assertHas(text, "zeoraid_conflicts_total{storage=\"1\",} 2.0");
    assertHas(text, "zeoraid_stores_total{storage=\"1\",} 2.0");
    assertHas(text, "zeoraid_stored_bytes_total{storage=\"1\",} 300.0");
    assertHas(text, "zeoraid_cache_hits_total{storage=\"1\",} 2.0");
    assertHas(text, "zeoraid_cache_misses_total{storage=\"1\",} 1.0");
    assertHas(text, "zeoraid_cache_bytes{storage=\"1\",} 4096.0");
    assertHas(text, "zeoraid_clients{storage=\"1\",} 12.0");
    assertHas(text, "zeoraid_waiting_commits{storage=\"1\",} 3.0");
    assertHas(text, "zeoraid_load_seconds_bucket{storage=\"1\",le=\"2.5E-5\",} 0.0");
    assertHas(text, "zeoraid_load_seconds_bucket{storage=\"1\",le=\"5.0E-5\",} 2.0");
    assertHas(text, "zeoraid_load_seconds_bucket{storage=\"1\",le=\"2.5\",} 2.0");
    assertHas(text, "zeoraid_load_seconds_bucket{storage=\"1\",le=\"5.0\",} 3.0");
    assertHas(text, "zeoraid_load_seconds_bucket{storage=\"1\",le=\"+Inf\",} 3.0");
    assertHas(text, "zeoraid_load_seconds_count{storage=\"1\",} 3.0");
    assertHas(text, "zeoraid_load_seconds_sum{storage=\"1\",} 3.00009");
    assertHas(text, "zeoraid_commit_seconds_count{storage=\"1\",} 1.0");
  }

  @Test
  void tellsTheStateOfRaidAndBackends() throws IOException {
    control.set(FakeControl.status("1", RaidState.DEGRADED));

    String text = scrape();

    assertHas(text, "zeoraid_raid_state{storage=\"1\",state=\"degraded\",} 1.0");
    assertHas(text, "zeoraid_raid_state{storage=\"1\",state=\"optimal\",} 0.0");
    assertHas(text, "zeoraid_serving{storage=\"1\",} 1.0");
    assertHas(text, "zeoraid_primary{storage=\"1\",} 0.0");
    assertHas(text, "zeoraid_epoch{storage=\"1\",} 7.0");
    assertHas(text, "zeoraid_backend_state{storage=\"1\",backend=\"a\",state=\"in-sync\",} 1.0");
    assertHas(text, "zeoraid_backend_state{storage=\"1\",backend=\"b\",state=\"failed\",} 1.0");
    assertHas(text, "zeoraid_backend_state{storage=\"1\",backend=\"b\",state=\"in-sync\",} 0.0");
    assertHas(text, "zeoraid_backend_state{storage=\"1\",backend=\"b\",state=\"unknown\",} 0.0");
    assertHas(text, "zeoraid_backend_connected{storage=\"1\",backend=\"b\",} 0.0");
    assertFalse(text.contains("zeoraid_recovery_transactions_done{"), text);
  }

  @Test
  void tellsHowFarARecoveryIs() throws IOException {
    control.set(FakeControl.status("1", RaidState.RECOVERING));

    String text = scrape();

    assertHas(text, "zeoraid_recovery_transactions_done{storage=\"1\",backend=\"b\",} 1234.0");
    assertHas(text, "zeoraid_recovery_transactions_to_do{storage=\"1\",backend=\"b\",} 100000.0");
    assertHas(text, "zeoraid_recovery_bytes_done{storage=\"1\",backend=\"b\",} 5000000.0");
    assertHas(text, "zeoraid_recovery_bytes_per_second{storage=\"1\",backend=\"b\",} 2500000.5");
    // There is no estimate of the bytes yet.
    assertFalse(text.contains("zeoraid_recovery_bytes_to_do{"), text);
  }

  @Test
  void stillCountsWhenAStorageCannotTellItsStatus() throws IOException {
    meters.of("1").aborted();
    control.refuse(new IllegalStateException("broken"));

    String text = scrape();

    assertHas(text, "zeoraid_aborts_total{storage=\"1\",} 1.0");
    assertFalse(text.contains("zeoraid_epoch{"), text);
  }

  @Test
  void losesNoCountBetweenThreads() {
    StorageMeters one = meters.of("1");
    Runnable thousand =
        () -> {
          for (int i = 0; i < 1000; i++) {
            one.loadAnswered(1);
          }
        };

    CompletableFuture.allOf(
            CompletableFuture.runAsync(thousand), CompletableFuture.runAsync(thousand))
        .join();

    assertEquals(2000, one.loads().count());
  }

  private String scrape() throws IOException {
    var registry = new CollectorRegistry();
    registry.register(new RaidMetrics(new Statuses(control), meters));
    var text = new StringWriter();
    TextFormat.write004(text, registry.metricFamilySamples());
    return text.toString();
  }

  private static void assertHas(String text, String line) {
    assertTrue(text.lines().anyMatch(line::equals), () -> "no line " + line + " in\n" + text);
  }
}
