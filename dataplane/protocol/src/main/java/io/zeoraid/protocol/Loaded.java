package io.zeoraid.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A revision of an object, as {@code loadBefore} answers it.
 *
 * @param data the record; nobody changes it
 * @param serial the transaction that wrote it
 * @param next the transaction that wrote the next revision; null if this one is current
 */
public record Loaded(byte[] data, Tid serial, @Nullable Tid next) {}
