package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.SortedMap;

/**
 * A transaction in the log of a model server.
 *
 * @param user the name of its content; empty for a transaction without records
 */
record Committed(Tid tid, String user, SortedMap<Oid, byte[]> records) {

  /** Enough to tell it from every other one. */
  String identity() {
    return tid + " " + user + " " + records.keySet();
  }
}
