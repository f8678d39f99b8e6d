/**
 * The decisions of a ZEORaid server: events in, effects out. No threads, no clock, no randomness,
 * no sockets, no logging.
 *
 * <p>The rules are those of {@code docs/replication.md}; each has a file named after it.
 */
@NullMarked
package io.zeoraid.raid;

import org.jspecify.annotations.NullMarked;
