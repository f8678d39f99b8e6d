package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

/** How many blobs {@link Verify} found equal, and which it could not compare, in words. */
final class BlobTally {
  private long compared;
  private long packed;
  private long notKept;
  private long withoutFile;
  private long leftOut;

  /** The same transaction of several backends, which does not differ. */
  void count(List<Reading.Found> found) {
    SortedSet<Oid> oids = new TreeSet<>();
    long more = 0;
    for (Reading.Found each : found) {
      oids.addAll(each.blobs().keySet());
      more = Math.max(more, each.blobsLeftOut());
    }
    leftOut += more;
    for (Oid oid : oids) {
      count(
          found.stream().map(each -> each.blobs().get(oid)).filter(Objects::nonNull).toList(),
          found.size());
    }
  }

  private void count(List<FoundBlob> blobs, int backends) {
    if (blobs.contains(new FoundBlob.Packed())) {
      packed++;
    } else if (blobs.contains(new FoundBlob.NoFile())) {
      withoutFile++;
    } else if (blobs.contains(new FoundBlob.NotKept())) {
      notKept++;
    } else if (blobs.size() == backends) {
      compared++;
    }
  }

  long compared() {
    return compared;
  }

  /** What was not compared, as the end of a sentence; empty if nothing. */
  String notes() {
    return note(packed, "blobs not compared, because they were packed away meanwhile")
        + note(notKept, "records of blobs compared without files, as there is no blob-dir")
        + note(withoutFile, "records of blobs have no file in any of the backends")
        + note(
            leftOut,
            "blobs not compared, because they are beyond the first "
                + Reading.MOST_TOLD_APART
                + " records of a transaction");
  }

  private static String note(long count, String what) {
    return count == 0 ? "" : "; " + count + " " + what;
  }
}
