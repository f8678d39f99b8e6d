package io.zeoraid.server.control;

import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.raid.status.RecoveryProgress;
import java.util.List;

/**
 * The status of all storages as gauges, for one scrape. A backend has series on its recovery only
 * while it recovers.
 */
final class StatusGauges {
  /** The last one: there is no membership record yet. */
  private static final List<String> BACKEND_STATES =
      List.of("in-sync", "recovering", "failed", "missing", "diverged", "disabled", "unknown");

  private final MetricFamily raidState =
      MetricFamily.gauge("zeoraid_raid_state", "1 for the RAID's state", "storage", "state");
  private final MetricFamily serving = ofStorage("zeoraid_serving", "Whether clients are served");
  private final MetricFamily primary =
      ofStorage("zeoraid_primary", "Whether this server is the primary");
  private final MetricFamily epoch =
      ofStorage("zeoraid_epoch", "The epoch of the membership record");

  private final MetricFamily backendState =
      MetricFamily.gauge(
          "zeoraid_backend_state", "1 for the backend's state", "storage", "backend", "state");
  private final MetricFamily connected =
      ofBackend("zeoraid_backend_connected", "Whether this server is connected to the backend");
  private final MetricFamily packing =
      ofBackend("zeoraid_backend_packing", "Whether the backend packs; known to the primary");

  private final MetricFamily transactionsDone =
      ofBackend("zeoraid_recovery_transactions_done", "Transactions copied so far");
  private final MetricFamily transactionsToDo =
      ofBackend("zeoraid_recovery_transactions_to_do", "Estimate of transactions still to copy");
  private final MetricFamily bytesDone =
      ofBackend("zeoraid_recovery_bytes_done", "Bytes copied so far");
  private final MetricFamily bytesToDo =
      ofBackend("zeoraid_recovery_bytes_to_do", "Estimate of bytes still to copy");
  private final MetricFamily rate =
      ofBackend("zeoraid_recovery_bytes_per_second", "Bytes copied per second");

  void add(RaidStatus raid) {
    String storage = raid.storage();
    for (RaidState state : RaidState.values()) {
      raidState.add(raid.state() == state, storage, state.word());
    }
    serving.add(raid.serving(), storage);
    primary.add(!raid.primary().isEmpty() && raid.primary().equals(raid.server()), storage);
    epoch.add(raid.epoch(), storage);
    for (BackendStatus backend : raid.backends()) {
      add(storage, backend);
    }
  }

  private void add(String storage, BackendStatus backend) {
    String name = backend.name().value();
    for (String state : BACKEND_STATES) {
      backendState.add(backend.state().equals(state), storage, name, state);
    }
    connected.add(backend.connected(), storage, name);
    packing.add(backend.packing(), storage, name);
    RecoveryProgress recovery = backend.recovery();
    if (recovery == null) {
      return;
    }
    transactionsDone.add(recovery.transactionsDone(), storage, name);
    bytesDone.add(recovery.bytesDone(), storage, name);
    rate.add(recovery.bytesPerSecond(), storage, name);
    // -1 means that there is no estimate yet. Then there is no series either, so that sums stay
    // right.
    if (recovery.transactionsToDo() >= 0) {
      transactionsToDo.add(recovery.transactionsToDo(), storage, name);
    }
    if (recovery.bytesToDo() >= 0) {
      bytesToDo.add(recovery.bytesToDo(), storage, name);
    }
  }

  List<MetricFamily> families() {
    return List.of(
        raidState,
        serving,
        primary,
        epoch,
        backendState,
        connected,
        packing,
        transactionsDone,
        transactionsToDo,
        bytesDone,
        bytesToDo,
        rate);
  }

  private static MetricFamily ofStorage(String name, String help) {
    return MetricFamily.gauge(name, help, "storage");
  }

  private static MetricFamily ofBackend(String name, String help) {
    return MetricFamily.gauge(name, help, "storage", "backend");
  }
}
