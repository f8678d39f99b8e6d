package io.zeoraid.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The current revision of an object, as {@code record_iternext} hands it out.
 *
 * @param data the record; nobody changes it
 * @param next where to go on; null after the last object
 */
public record CurrentRecord(Oid oid, Tid tid, byte[] data, @Nullable Oid next) {}
