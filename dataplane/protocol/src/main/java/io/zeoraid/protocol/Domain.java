package io.zeoraid.protocol;

import org.jspecify.annotations.Nullable;

/** The records of replies as the plain data that a server sends for them. */
final class Domain {
  private Domain() {}

  /**
   * The value that stands for this record; its parts may be records again.
   *
   * @throws IllegalArgumentException if no message can contain it
   */
  static @Nullable Object plain(Object value) {
    return switch (value) {
      case Loaded loaded -> new Object[] {loaded.data(), loaded.serial(), loaded.next()};
      case DataRecord record ->
          new Object[] {record.oid(), record.tid(), record.data(), record.dataTid()};
      case TransactionHeader header ->
          new Object[] {
            header.tid(), header.status(), header.user(), header.description(), header.extension()
          };
      case CurrentRecord record ->
          new Object[] {record.oid(), record.tid(), record.data(), record.next()};
      case Invalidations invalidations ->
          new Object[] {invalidations.tid(), new PyList(invalidations.oids())};
      case VoteAnswer.Resolved resolved -> new PyList(resolved.oids());
      case VoteAnswer.ClientConflicts conflicts -> new PyList(conflicts.conflicts());
      default ->
          throw new IllegalArgumentException(
              "a message cannot contain a " + value.getClass().getName());
    };
  }
}
