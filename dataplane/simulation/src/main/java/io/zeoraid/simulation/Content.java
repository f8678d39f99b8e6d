package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What a client's transaction stores.
 *
 * @param name unique; it is in the data of every record, and is the transaction's user
 * @param stores each object with the revision that the client had read
 * @param given the tid of the client's choice; null if the RAID is to choose
 */
record Content(String name, SortedMap<Oid, Tid> stores, @Nullable Tid given) {

  /** Some objects are blobs. */
  static boolean isBlob(Oid oid) {
    return oid.value() % 7 == 3;
  }

  /** What is stored under this oid. */
  byte[] data(Oid oid) {
    return ((isBlob(oid) ? "cZODB.blob\nBlob\n" : "") + name + "@" + oid)
        .getBytes(StandardCharsets.UTF_8);
  }
}
