package io.zeoraid.config;

import java.time.Duration;
import java.util.Optional;

/**
 * How much of this server clients may take up; keys of the {@code <zeo>} section.
 *
 * @param maxCalls a client that waits for so many answers is not read from; default 2000
 * @param maxCallSize bytes of a call that stores nothing; default 256 KiB
 * @param totalMemory bytes that all clients together may make the server hold; default left to the
 *     server
 * @param handshakeTimeout so long a connection may take to register; default 10 s
 */
public record ClientBounds(
    int maxCalls, int maxCallSize, Optional<Long> totalMemory, Duration handshakeTimeout) {}
