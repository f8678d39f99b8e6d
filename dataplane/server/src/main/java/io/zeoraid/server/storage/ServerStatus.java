package io.zeoraid.server.storage;

import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.control.StorageMeters;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code server_status}: the keys of a stock server ({@code ZEO/StorageServer.py}, server_status),
 * and those of the RAID.
 */
final class ServerStatus {
  private static final DateTimeFormatter CTIME =
      DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ROOT);

  private ServerStatus() {}

  /**
   * The status.
   *
   * @param lockedSince when the commit lock was taken, in milliseconds since 1970; 0 if it is not
   *     held, or at another server
   */
  static Map<String, @Nullable Object> of(
      RaidStatus raid,
      boolean readOnly,
      StorageMeters meters,
      int connections,
      int waiting,
      Instant started,
      int activeTransactions,
      long lockedSince) {
    Map<String, @Nullable Object> status = new LinkedHashMap<>();
    status.put("read_only", readOnly);
    status.put("loads", meters.loadCount());
    status.put("stores", meters.storeCount());
    status.put("commits", meters.commitCount());
    status.put("aborts", meters.abortCount());
    status.put("conflicts", meters.conflictCount());
    status.put("conflicts_resolved", 0L);
    status.put("active_txns", (long) activeTransactions);
    status.put("lock_time", lockedSince == 0 ? null : lockedSince / 1000.0);
    status.put("connections", (long) connections);
    status.put("waiting", (long) waiting);
    status.put("timeout-thread-is-alive", true);
    status.put("start", CTIME.format(started.atZone(ZoneId.systemDefault())));
    status.put("last-transaction", raid.lastTid().toString());
    status.put("raid-status", raid.state().word());
    status.put("raid-epoch", raid.epoch());
    return status;
  }
}
