package io.zeoraid.raid;

/** What a backend has of a blob that one of its records names. */
sealed interface FoundBlob {

  record File(BlobPrint print) implements FoundBlob {}

  /** The record is there, and no file for it. */
  record NoFile() implements FoundBlob {}

  /** The backend has no blob-dir. */
  record NotKept() implements FoundBlob {}

  /** A pack has taken away the record since it was read, and the file with it. */
  record Packed() implements FoundBlob {}
}
