package io.zeoraid.raid.membership;

/**
 * What the store shows of the primary's heartbeat (R1). Compared only with its own earlier value,
 * never with a clock.
 */
public sealed interface Heartbeat {

  /**
   * There is a heartbeat.
   *
   * @param primary whose
   * @param mark another one after each beat; opaque
   */
  record Beating(String primary, String mark) implements Heartbeat {}

  /** Nobody beats: the store knows for certain that no process does, or there never was a beat. */
  record Silent() implements Heartbeat {}
}
