package io.zeoraid.raid;

/** How fast something may be read or copied. */
public interface Pace {

  /** So much at most; 0: no limit. */
  long bytesPerSecond();

  /**
   * So many bytes go over the wire now.
   *
   * @return how long to wait before the next ones, in milliseconds; mostly 0
   */
  long spend(long bytes, long nowMillis);
}
