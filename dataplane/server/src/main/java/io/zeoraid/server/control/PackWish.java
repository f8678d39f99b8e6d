package io.zeoraid.server.control;

import java.time.Instant;

/**
 * What a pack shall drop.
 *
 * @param before revisions superseded, and objects unreachable, before this time may go
 * @param force pack although a backend is failed, missing transactions or recovering; it needs a
 *     fresh volume afterwards
 */
public record PackWish(Instant before, boolean force) {}
