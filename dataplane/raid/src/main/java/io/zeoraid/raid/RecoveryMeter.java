package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.status.RecoveryProgress;

/**
 * Counts what a recovery has copied, and estimates what is left: the difference of the sizes of
 * source and target.
 */
final class RecoveryMeter {
  private static final long WINDOW_MILLIS = 1000;

  private final Raid raid;
  private long transactions;
  private long bytes;
  private long toCopy;
  private long startedAt;
  private long windowStart;
  private long windowBytes;
  private double rate;

  RecoveryMeter(Raid raid) {
    this.raid = raid;
  }

  void begin(long bytesToCopy) {
    toCopy = Math.max(0, bytesToCopy);
    startedAt = raid.now.millis();
    windowStart = startedAt;
  }

  void copied(long size) {
    transactions++;
    bytes += size;
    long elapsed = raid.now.millis() - windowStart;
    if (elapsed >= WINDOW_MILLIS) {
      rate = (bytes - windowBytes) * 1000.0 / elapsed;
      windowStart = raid.now.millis();
      windowBytes = bytes;
      raid.statusChanged();
    }
  }

  long transactions() {
    return transactions;
  }

  RecoveryProgress progress(Tid at) {
    long bytesToDo = Math.max(0, toCopy - bytes);
    long transactionsToDo = bytes == 0 ? -1 : (long) ((double) bytesToDo * transactions / bytes);
    return new RecoveryProgress(
        transactions,
        bytes,
        transactionsToDo,
        bytesToDo,
        currentRate(),
        at,
        raid.announcements.last());
  }

  private double currentRate() {
    long elapsed = Math.max(1, raid.now.millis() - startedAt);
    return rate > 0 ? rate : bytes * 1000.0 / elapsed;
  }

  String summary() {
    return transactions
        + " transactions, "
        + bytes
        + " bytes in "
        + (raid.now.millis() - startedAt)
        + " ms";
  }
}
