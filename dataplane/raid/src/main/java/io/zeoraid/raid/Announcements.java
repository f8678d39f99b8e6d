package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What has been announced (R3), in tid order, each once. The last transactions are kept for {@code
 * getInvalidations}; a load in flight keeps those announced since it was asked, by holding on to
 * the entry that was the newest then.
 */
final class Announcements {

  /** An announced transaction, and the way to those announced after it. */
  static final class Entry {
    final Tid tid;
    private final long[] oids;
    private @Nullable Entry later;

    private Entry(Tid tid, long[] sortedOids) {
      this.tid = tid;
      this.oids = sortedOids;
    }

    private boolean changes(Oid oid) {
      return Arrays.binarySearch(oids, oid.value()) >= 0;
    }
  }

  private final int bound;
  private Entry oldest = new Entry(Tid.NONE, new long[0]);
  private Entry newest = oldest;
  private int kept;
  private Tid lastWithRecords = Tid.NONE;

  Announcements(int bound) {
    this.bound = bound;
  }

  /** The last transaction that was announced. */
  Tid last() {
    return newest.tid;
  }

  /** The last one with records: never a no-op's. */
  Tid lastWithRecords() {
    return lastWithRecords;
  }

  Entry newest() {
    return newest;
  }

  /** History begins here: all that came before is not in the queue. */
  void beginAfter(Tid tid) {
    oldest = new Entry(tid, new long[0]);
    newest = oldest;
    kept = 0;
  }

  void add(Tid tid, List<Oid> oids) {
    if (!tid.isAfter(newest.tid)) {
      throw new IllegalStateException("announced " + tid + " after " + newest.tid);
    }
    long[] sorted = oids.stream().mapToLong(Oid::value).sorted().toArray();
    Entry entry = new Entry(tid, sorted);
    newest.later = entry;
    newest = entry;
    if (!oids.isEmpty()) {
      lastWithRecords = tid;
    }
    kept++;
    Entry second = oldest.later;
    if (kept > bound && second != null) {
      oldest = second;
      kept--;
    }
  }

  /** Whether the queue holds this transaction. */
  boolean contains(Tid tid) {
    for (Entry e = oldest; e != null; e = e.later) {
      if (e.tid.equals(tid)) {
        return true;
      }
    }
    return false;
  }

  /** The first transaction announced after this entry that changed the object; null if none did. */
  static @Nullable Tid changedAfter(Entry entry, Oid oid) {
    for (Entry e = entry.later; e != null; e = e.later) {
      if (e.changes(oid)) {
        return e.tid;
      }
    }
    return null;
  }

  /** The oids changed after this tid; empty if the queue does not reach back that far. */
  Optional<List<Oid>> since(Tid tid) {
    if (oldest.tid.isAfter(tid)) {
      return Optional.empty();
    }
    Set<Long> oids = new LinkedHashSet<>();
    for (Entry e = oldest.later; e != null; e = e.later) {
      if (e.tid.isAfter(tid)) {
        for (long oid : e.oids) {
          oids.add(oid);
        }
      }
    }
    List<Oid> result = new ArrayList<>(oids.size());
    oids.forEach(oid -> result.add(new Oid(oid)));
    return Optional.of(result);
  }
}
