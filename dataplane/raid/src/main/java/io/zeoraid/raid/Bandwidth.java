package io.zeoraid.raid;

/**
 * Keeps what is read or copied below a number of bytes per second, on the average. Pure; confined
 * to whoever has it.
 */
public final class Bandwidth implements Pace {
  private static final long MICROS = 1_000_000;

  /** Shorter waits are not worth a timer; they add up. */
  private static final long LEAST_MILLIS = 10;

  private final long bytesPerSecond;

  /** When all that was spent so far is paid for. */
  private long paidAtMicros;

  /**
   * @param bytesPerSecond 0: no limit
   */
  public Bandwidth(long bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  @Override
  public long bytesPerSecond() {
    return bytesPerSecond;
  }

  @Override
  public long spend(long bytes, long nowMillis) {
    if (bytesPerSecond == 0) {
      return 0;
    }
    long now = nowMillis * 1000;
    paidAtMicros = Math.max(paidAtMicros, now) + (long) ((double) bytes * MICROS / bytesPerSecond);
    long wait = (paidAtMicros - now) / 1000;
    return wait < LEAST_MILLIS ? 0 : wait;
  }
}
