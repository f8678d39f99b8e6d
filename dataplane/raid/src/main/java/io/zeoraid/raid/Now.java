package io.zeoraid.raid;

/**
 * The time of an event.
 *
 * @param wallMillis milliseconds since 1970; may jump, so it only seeds tids
 * @param millis milliseconds on a clock that never goes back, of no known origin
 */
public record Now(long wallMillis, long millis) {}
