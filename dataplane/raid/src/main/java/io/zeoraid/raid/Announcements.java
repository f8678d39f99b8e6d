package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What has been announced (R3), in tid order, each once. The last transactions are kept for {@code
 * getInvalidations}, and many more for servers that begin to follow; a load in flight keeps those
 * announced since it was asked, by holding on to the entry that was the newest then.
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

  /** What is kept for servers that follow, unless the queue for clients is longer. */
  private static final int KEPT = 10_000;

  /** No more than that if the transactions are large. */
  private static final int KEPT_OIDS = 1_000_000;

  private final int bound;
  private Entry oldest = new Entry(Tid.NONE, new long[0]);

  /** Where the queue for clients begins. */
  private Entry oldestForClients = oldest;

  private Entry newest = oldest;
  private int kept;
  private long added;
  private int keptForClients;
  private int keptOids;
  private Tid lastWithRecords = Tid.NONE;

  /**
   * @param bound how many transactions {@code getInvalidations} may reach back
   */
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

  /** How many were announced since this server started. */
  long count() {
    return added;
  }

  Entry newest() {
    return newest;
  }

  /** History begins here: all that came before is not in the queue. */
  void beginAfter(Tid tid) {
    oldest = new Entry(tid, new long[0]);
    oldestForClients = oldest;
    newest = oldest;
    kept = 0;
    keptForClients = 0;
    keptOids = 0;
  }

  void add(Tid tid, List<Oid> oids) {
    if (!tid.isAfter(newest.tid)) {
      throw new IllegalStateException("announced " + tid + " after " + newest.tid);
    }
    long[] sorted = oids.stream().mapToLong(Oid::value).sorted().toArray();
    Entry entry = new Entry(tid, sorted);
    added++;
    newest.later = entry;
    newest = entry;
    if (!oids.isEmpty()) {
      lastWithRecords = tid;
    }
    keptForClients++;
    Entry next = oldestForClients.later;
    if (keptForClients > bound && next != null) {
      oldestForClients = next;
      keptForClients--;
    }
    kept++;
    keptOids += sorted.length;
    dropTheOldest();
  }

  private void dropTheOldest() {
    Entry second = oldest.later;
    while (second != null
        && kept > keptForClients
        && (kept > Math.max(KEPT, bound) || keptOids > KEPT_OIDS)) {
      keptOids -= second.oids.length;
      kept--;
      oldest = second;
      second = oldest.later;
    }
  }

  /** What a server that follows is told first. */
  record Tail(Tid after, SortedMap<Tid, List<Oid>> transactions) {}

  /**
   * Everything announced after this tid; if that is not known any more, everything that is.
   *
   * @param tid what a server has announced; NONE if nothing yet
   */
  Tail after(Tid tid) {
    boolean known = !tid.equals(Tid.NONE) && !oldest.tid.isAfter(tid);
    SortedMap<Tid, List<Oid>> transactions = new TreeMap<>();
    for (Entry e = oldest.later; e != null; e = e.later) {
      if (!known || e.tid.isAfter(tid)) {
        transactions.put(e.tid, Arrays.stream(e.oids).mapToObj(Oid::new).toList());
      }
    }
    return new Tail(known ? tid : oldest.tid, transactions);
  }

  /**
   * How many records each transaction has that was announced after this one, up to that one; empty
   * if not all of them are known any more. What is kept is not copied unless it is wanted: at most
   * a number for each.
   */
  Optional<SortedMap<Tid, Integer>> between(Tid after, Tid last) {
    if (oldest.tid.isAfter(after) || last.isAfter(newest.tid)) {
      return Optional.empty();
    }
    SortedMap<Tid, Integer> counts = new TreeMap<>();
    for (Entry e = oldest.later; e != null && !e.tid.isAfter(last); e = e.later) {
      if (e.tid.isAfter(after)) {
        counts.put(e.tid, e.oids.length);
      }
    }
    return Optional.of(counts);
  }

  /** Whether this transaction is among those that are kept. */
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

  /**
   * Which of these objects were changed after these revisions, and by which transaction last. A
   * conflict that is older than what is kept is not found; nor is one about an object that is new
   * ({@link Tid#NONE}).
   */
  SortedMap<Oid, Tid> changedSince(Map<Oid, Tid> revisions) {
    SortedMap<Oid, Tid> changed = new TreeMap<>();
    revisions.values().stream()
        .filter(revision -> !revision.equals(Tid.NONE))
        .min(Comparator.naturalOrder())
        .ifPresent(first -> {
          for (Entry e = oldest.later; e != null; e = e.later) {
            if (e.tid.isAfter(first)) {
              addChanged(e, revisions, changed);
            }
          }
        });
    return changed;
  }

  private static void addChanged(
      Entry entry, Map<Oid, Tid> revisions, SortedMap<Oid, Tid> changed) {
    if (revisions.size() < entry.oids.length) {
      revisions.forEach((oid, revision) -> {
        if (entry.changes(oid)) {
          addIfLater(entry.tid, oid, revision, changed);
        }
      });
      return;
    }
    for (long value : entry.oids) {
      Oid oid = new Oid(value);
      Tid revision = revisions.get(oid);
      if (revision != null) {
        addIfLater(entry.tid, oid, revision, changed);
      }
    }
  }

  private static void addIfLater(Tid tid, Oid oid, Tid revision, SortedMap<Oid, Tid> changed) {
    if (!revision.equals(Tid.NONE) && tid.isAfter(revision)) {
      changed.put(oid, tid);
    }
  }

  /** The oids changed after this tid; empty if the queue does not reach back that far. */
  Optional<List<Oid>> since(Tid tid) {
    if (oldestForClients.tid.isAfter(tid)) {
      return Optional.empty();
    }
    Set<Long> oids = new LinkedHashSet<>();
    for (Entry e = oldestForClients.later; e != null; e = e.later) {
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
