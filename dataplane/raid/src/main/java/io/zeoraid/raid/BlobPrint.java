package io.zeoraid.raid;

/**
 * What a blob was that a backend sent and nobody kept: the answer to {@link Effect.DigestBlob}.
 *
 * @param bytes its length
 * @param digest its SHA-256, in hexadecimal digits
 */
public record BlobPrint(long bytes, String digest) {}
