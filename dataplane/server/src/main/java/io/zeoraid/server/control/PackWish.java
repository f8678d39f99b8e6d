package io.zeoraid.server.control;

import java.time.Instant;

/**
 * What a pack shall drop.
 *
 * @param before revisions superseded, and objects unreachable, before this time may go
 */
public record PackWish(Instant before) {}
