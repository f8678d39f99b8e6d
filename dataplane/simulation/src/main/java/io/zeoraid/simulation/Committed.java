package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.NoOps;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * A transaction in the log of a model server.
 *
 * @param user the name of its content; empty for a transaction without records
 * @param blobs those of its objects that are blobs and have a file
 * @param identity enough to tell it from every other one
 */
record Committed(
    Tid tid, String user, SortedMap<Oid, byte[]> records, SortedSet<Oid> blobs, String identity) {

  Committed(Tid tid, String user, SortedMap<Oid, byte[]> records, SortedSet<Oid> blobs) {
    this(tid, user, records, blobs, tid + " " + user + " " + records.keySet() + " blobs " + blobs);
  }

  Committed(Tid tid, String user, SortedMap<Oid, byte[]> records) {
    this(tid, user, records, Collections.emptySortedSet());
  }

  /** A no-op says what it is. */
  String description() {
    return user.isEmpty() ? NoOps.DESCRIPTION : "";
  }
}
