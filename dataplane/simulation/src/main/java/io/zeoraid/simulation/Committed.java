package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.NoOps;
import java.util.SortedMap;

/**
 * A transaction in the log of a model server.
 *
 * @param user the name of its content; empty for a transaction without records
 * @param identity enough to tell it from every other one
 */
record Committed(Tid tid, String user, SortedMap<Oid, byte[]> records, String identity) {

  Committed(Tid tid, String user, SortedMap<Oid, byte[]> records) {
    this(tid, user, records, tid + " " + user + " " + records.keySet());
  }

  /** A no-op says what it is. */
  String description() {
    return user.isEmpty() ? NoOps.DESCRIPTION : "";
  }
}
