package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * R9, Oids, at the primary: it reserves blocks by compare-and-set of {@code nextOid}, first raised
 * above every in-sync backend's counter, and hands out only its own.
 */
final class OidBlocks {
  private static final long BLOCK = 10_000;
  private static final long MOST = 1L << 62;
  private static final long AGAIN_MILLIS = 200;

  private final Term term;
  private final Raid raid;
  private long next;
  private long end;
  private boolean reserving;

  OidBlocks(Term term) {
    this.term = term;
    this.raid = term.raid;
  }

  /** So many oids; empty if a block must be reserved before, which begins then. */
  List<Oid> take(int count) {
    if (end - next < count) {
      reserve();
      return List.of();
    }
    List<Oid> oids = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      oids.add(new Oid(next++));
    }
    return oids;
  }

  /**
   * A transaction stores these. If they come from another database, they may be of our block, and
   * must not be handed out any more; later blocks begin above every backend's counter, which such a
   * transaction raises ({@code restore} in {@code ZODB/FileStorage/FileStorage.py}).
   */
  void passOver(List<Oid> oids) {
    for (Oid oid : oids) {
      if (oid.value() >= next && oid.value() < end) {
        next = oid.value() + 1;
      }
    }
  }

  private void again() {
    term.after(
        AGAIN_MILLIS,
        () -> {
          reserving = false;
          raid.oids.serve();
        });
  }

  private void reserve() {
    if (reserving) {
      return;
    }
    reserving = true;
    if (!term.office.serving) {
      again();
      return;
    }
    SortedSet<BackendName> inSync = term.record().inSync();
    term.office.connectAll(
        inSync,
        links -> {
          if (links.size() < inSync.size()) {
            term.watch.suspect();
            again();
            return;
          }
          Gather<BackendName, Answer> gather = new Gather<>(links.size(), this::countersKnown);
          links.forEach((name, link) ->
              raid.links.call(link, new Request.NewOids(1), answer -> gather.put(name, answer)));
        });
  }

  /**
   * Each backend has handed out an oid, to us alone: no object has it, or a greater one. So the
   * greatest of them is the first that we may hand out; for a new RAID that is 1, as for a new
   * storage.
   */
  private void countersKnown(SortedMap<BackendName, Answer> answers) {
    long free = 1;
    for (var entry : answers.entrySet()) {
      switch (entry.getValue()) {
        case Answer.Value(Object value) -> {
          try {
            for (Oid oid : Results.oids(value)) {
              free = Math.max(free, possible(oid).value());
            }
          } catch (ProtocolException e) {
            term.office.close(entry.getKey(), "it answered nonsense: " + e.getMessage());
            again();
            return;
          }
        }
        case Answer.Failed failed -> {
          raid.warn(
              "backend " + entry.getKey() + " gives no oids: " + Errors.describe(failed.error()));
          again();
          return;
        }
        case Answer.Lost lost -> {
          term.watch.suspect();
          again();
          return;
        }
      }
    }
    long counters = free;
    if (!raid.keeps(Safeguard.RESERVE_OIDS)) {
      reserved(Math.max(end, counters) + BLOCK);
      return;
    }
    // What is sent may be computed more than once, but is carried out at most once: which block it
    // is, the record tells.
    term.change(
        record -> Optional.of(record.withNextOid(Math.max(record.nextOid(), counters) + BLOCK)),
        made -> {
          if (made) {
            reserved(term.record().nextOid());
          } else {
            again();
          }
        });
  }

  /** No backend has come so far, and to believe it would use up the oids for ever. */
  private static Oid possible(Oid oid) {
    if (oid.value() < 0 || oid.value() > MOST) {
      throw new ProtocolException("no object has the oid " + oid + ", near the end of all oids");
    }
    return oid;
  }

  /** The block below this oid is ours. */
  private void reserved(long below) {
    next = below - BLOCK;
    end = below;
    reserving = false;
    raid.oids.serve();
  }
}
