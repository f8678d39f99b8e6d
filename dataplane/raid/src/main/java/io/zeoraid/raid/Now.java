package io.zeoraid.raid;

/**
 * The time of an event, and a little chance.
 *
 * @param wallMicros microseconds since 1970; may jump, so it only seeds tids
 * @param millis milliseconds on a clock that never goes back, of no known origin
 * @param chance a random number, another one for each event: so that several servers do not all do
 *     the same at the same time
 */
public record Now(long wallMicros, long millis, long chance) {

  /** Milliseconds since 1970; may jump. */
  long wallMillis() {
    return wallMicros / 1000;
  }

  /** A random number from 0, inclusive, to this bound, exclusive. */
  long upTo(long bound) {
    return Math.floorMod(chance, bound);
  }
}
