package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The disk of a model server: its log, in the order of commits. */
final class Volume {
  private final List<Committed> log = new ArrayList<>();
  private final Map<Tid, Committed> byTid = new HashMap<>();

  /** Whether it has a blob-dir. */
  boolean keepsBlobs = true;

  private final Map<Tid, byte[]> spoiltBlobs = new HashMap<>();

  /** A pack dropped transactions and revisions up to here. */
  private Tid packedTo = Tid.NONE;

  /** No object refers to these: a pack drops them even if they are current. */
  private final Set<Oid> garbage = new HashSet<>();

  List<Committed> log() {
    return Collections.unmodifiableList(log);
  }

  void add(Committed committed) {
    log.add(committed);
    byTid.put(committed.tid(), committed);
  }

  private void keepOnly(List<Committed> kept) {
    log.clear();
    byTid.clear();
    kept.forEach(this::add);
  }

  Tid packedTo() {
    return packedTo;
  }

  /** F2: the tid of what was written last, later or not than what came before. */
  Tid lastTid() {
    return log.isEmpty() ? Tid.NONE : log.getLast().tid();
  }

  long greatestOid() {
    long greatest = 0;
    for (Committed transaction : log) {
      for (Oid oid : transaction.records().keySet()) {
        greatest = Math.max(greatest, oid.value());
      }
    }
    return greatest;
  }

  boolean holds(Tid tid) {
    return byTid.containsKey(tid);
  }

  boolean holds(Tid tid, String user) {
    Committed found = byTid.get(tid);
    return found != null && found.user().equals(user);
  }

  boolean holds(Tid tid, Oid oid) {
    Committed found = byTid.get(tid);
    return found != null && found.records().containsKey(oid);
  }

  /** The transaction that wrote the revision that is current just before that tid. */
  @Nullable Committed before(Oid oid, Tid tid) {
    Committed found = null;
    for (Committed c : log) {
      if (c.records().containsKey(oid)
          && tid.isAfter(c.tid())
          && (found == null || c.tid().isAfter(found.tid()))) {
        found = c;
      }
    }
    return found;
  }

  /** The first transaction at or after that tid that wrote the object. */
  @Nullable Committed next(Oid oid, Tid tid) {
    Committed found = null;
    for (Committed c : log) {
      if (c.records().containsKey(oid)
          && !tid.isAfter(c.tid())
          && (found == null || found.tid().isAfter(c.tid()))) {
        found = c;
      }
    }
    return found;
  }

  /** The file of this revision of a blob; null if there is none. It follows from the record. */
  byte @Nullable [] blob(Oid oid, Tid tid) {
    Committed found = byTid.get(tid);
    if (found == null || !found.blobs().contains(oid)) {
      return null;
    }
    byte[] spoilt = spoiltBlobs.get(tid);
    return spoilt == null ? found.records().get(oid) : spoilt;
  }

  /** Somebody wrote into the files of the blobs of this transaction. */
  void spoilBlobs(Tid tid, byte[] content) {
    spoiltBlobs.put(tid, content);
  }

  /** Somebody removed the files of the blobs of this transaction. */
  void loseBlobs(Tid tid) {
    log.replaceAll(each ->
        each.tid().equals(tid)
            ? new Committed(tid, each.user(), each.records(), new TreeSet<>())
            : each);
    log.forEach(each -> byTid.put(each.tid(), each));
  }

  Tid current(Oid oid) {
    Committed last = before(oid, Tid.MAX);
    return last == null ? Tid.NONE : last.tid();
  }

  /** Keeps this many transactions: an old copy of the volume was put in its place. */
  void rollBackTo(int transactions) {
    keepOnly(List.copyOf(log.subList(0, transactions)));
  }

  /** Nothing refers to it any more. */
  void isGarbage(Oid oid) {
    garbage.add(oid);
  }

  /** As FileStorage: revisions that were not current then go, and transactions left without any. */
  void packTo(Tid tid) {
    List<Committed> kept = new ArrayList<>();
    for (Committed c : log) {
      if (c.tid().isAfter(tid)) {
        kept.add(c);
        continue;
      }
      var records = new TreeMap<Oid, byte[]>();
      c.records()
          .forEach((oid, data) -> {
            Committed current = before(oid, tid.next());
            if (current != null && current.tid().equals(c.tid()) && !garbage.contains(oid)) {
              records.put(oid, data);
            }
          });
      if (!records.isEmpty()) {
        var blobs = new TreeSet<>(c.blobs());
        blobs.retainAll(records.keySet());
        kept.add(new Committed(c.tid(), c.user(), records, blobs));
      }
    }
    keepOnly(kept);
    packedTo = World.later(packedTo, tid);
  }
}
