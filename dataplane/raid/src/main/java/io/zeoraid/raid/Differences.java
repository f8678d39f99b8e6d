package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * In what the same transaction differs in two backends, in words. Packing removes records, and
 * marks the transactions that it looked at; what it may have removed is no difference. Statuses and
 * back-pointers are left out: packing changes them.
 */
final class Differences {
  private Differences() {}

  /** The first difference; null if there is none. */
  static @Nullable String first(
      BackendName a, Reading.Found inA, BackendName b, Reading.Found inB) {
    if (!inA.metadata().equals(inB.metadata())) {
      return "transaction "
          + inA.tid()
          + " has other metadata (user, description or extension) in "
          + a
          + " than in "
          + b;
    }
    SortedSet<Oid> oids = new TreeSet<>(inA.records().keySet());
    oids.addAll(inB.records().keySet());
    for (Oid oid : oids) {
      String here = inA.records().get(oid);
      String there = inB.records().get(oid);
      if (here == null && !inA.isPacked()) {
        return lacks(a, b, inA, oid);
      }
      if (there == null && !inB.isPacked()) {
        return lacks(b, a, inA, oid);
      }
      if (here != null && there != null && !here.equals(there)) {
        return "object "
            + oid
            + " has other data in transaction "
            + inA.tid()
            + " of "
            + a
            + " than in that of "
            + b;
      }
      String blob = ofBlobs(a, inA, b, inB, oid);
      if (blob != null) {
        return blob;
      }
    }
    return !inA.isPacked() && !inB.isPacked() && !inA.rest().equals(inB.rest())
        ? "the later records of the large transaction "
            + inA.tid()
            + " differ in "
            + a
            + " and "
            + b
        : null;
  }

  private static @Nullable String ofBlobs(
      BackendName a, Reading.Found inA, BackendName b, Reading.Found inB, Oid oid) {
    FoundBlob here = inA.blobs().get(oid);
    FoundBlob there = inB.blobs().get(oid);
    if (here == null
        || there == null
        || here instanceof FoundBlob.Packed
        || there instanceof FoundBlob.Packed) {
      return null;
    }
    String which = " blob of object " + oid + " in transaction " + inA.tid();
    if (here instanceof FoundBlob.File(BlobPrint one)) {
      if (there instanceof FoundBlob.File(BlobPrint other)) {
        return one.equals(other) ? null : b + " has another" + which + instead(other, one);
      }
      return b + " lacks the" + which + ", and " + a + " has it";
    }
    return there instanceof FoundBlob.File
        ? a + " lacks the" + which + ", and " + b + " has it"
        : null;
  }

  private static String instead(BlobPrint is, BlobPrint other) {
    return is.bytes() == other.bytes()
        ? " (" + is.bytes() + " bytes, and as many others)"
        : " (" + is.bytes() + " bytes instead of " + other.bytes() + ")";
  }

  private static String lacks(BackendName one, BackendName other, Reading.Found of, Oid oid) {
    return one
        + " lacks object "
        + oid
        + " in transaction "
        + of.tid()
        + ", and "
        + other
        + " has it";
  }

  /** How many records are in some of these and not in all. */
  static int onlyInSome(List<Reading.Found> found) {
    SortedSet<Oid> all = new TreeSet<>();
    List<Integer> sizes = new ArrayList<>();
    for (Reading.Found each : found) {
      SortedMap<Oid, String> records = each.records();
      all.addAll(records.keySet());
      sizes.add(records.size());
    }
    int fewest = sizes.stream().mapToInt(Integer::intValue).min().orElse(0);
    return all.size() - fewest;
  }
}
