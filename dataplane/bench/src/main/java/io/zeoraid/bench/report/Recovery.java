package io.zeoraid.bench.report;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What one recovery of an empty backend took, beside a plain copy of the same file.
 *
 * @param bytes of the file that both have copied
 * @param transactions in it
 * @param seconds from the request until the RAID had all its backends
 * @param copySeconds how long the plain copy took, until it was on the disk
 */
public record Recovery(long bytes, long transactions, double seconds, double copySeconds) {
  private static final double MEGABYTE = 1e6;

  /** What it is called on the command line and in the report. */
  public static final String NAME = "recovery";

  private double megabytesPerSecond() {
    return bytes / MEGABYTE / seconds;
  }

  private double copiedMegabytesPerSecond() {
    return bytes / MEGABYTE / copySeconds;
  }

  private double timesCopy() {
    return copySeconds / seconds;
  }

  /** One line. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "Recovery of an empty backend: %.0f MB, %d transactions in %.1f s: %.1f MB/s,"
            + " %.0f transactions/s; a plain copy of the file with fsync: %.0f MB/s."
            + " Recovery: %.3f × copy.",
        bytes / MEGABYTE,
        transactions,
        seconds,
        megabytesPerSecond(),
        transactions / seconds,
        copiedMegabytesPerSecond(),
        timesCopy());
  }

  /** The same as plain values, by name. */
  public Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("bytes", bytes);
    values.put("transactions", transactions);
    values.put("seconds", seconds);
    values.put("copySeconds", copySeconds);
    values.put("megabytesPerSecond", megabytesPerSecond());
    values.put("transactionsPerSecond", transactions / seconds);
    values.put("copyMegabytesPerSecond", copiedMegabytesPerSecond());
    values.put("timesCopy", timesCopy());
    return values;
  }
}
