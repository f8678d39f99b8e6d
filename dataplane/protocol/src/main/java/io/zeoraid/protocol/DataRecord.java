package io.zeoraid.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A record of a committed transaction, as {@code iterator_record_next} hands it out.
 *
 * @param data null if the object was deleted (or its creation undone)
 * @param dataTid the transaction whose data this record points back to, or null
 */
public record DataRecord(Oid oid, Tid tid, byte @Nullable [] data, @Nullable Tid dataTid) {}
