package io.zeoraid.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A committed transaction without its records, as {@code iterator_next} hands it out.
 *
 * @param status one character; blank for an ordinary transaction
 * @param user as it came: text or bytes
 * @param description as it came: text or bytes
 * @param extension as it came: bytes or a mapping of plain data
 */
public record TransactionHeader(
    Tid tid,
    String status,
    @Nullable Object user,
    @Nullable Object description,
    @Nullable Object extension) {}
