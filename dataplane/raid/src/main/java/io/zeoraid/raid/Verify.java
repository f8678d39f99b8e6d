package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares what backends hold, transaction by transaction, while commits go on: tids, metadata,
 * oids and digests of the data and of the blobs, up to what was announced when it began. It reads
 * each backend once, in step, and holds one transaction of each. The first difference is told in
 * words.
 *
 * <p>Packing takes away records, and transactions without any left. So what only some backends have
 * is a difference unless those that lack it may have packed it away: a transaction next to the gap
 * bears the mark of packing. How much could not be compared for this reason is told.
 *
 * <p>It changes nothing, so any server does it, and whoever reads the history goes by connections
 * of his own.
 */
final class Verify {
  private static final long TELL_MILLIS = 1000;

  private final Raid raid;
  private final long request;
  private final List<Link> links = new ArrayList<>();
  private final List<Reading> readings = new ArrayList<>();
  private final Scope scope = new Scope();
  private final BlobTally blobs = new BlobTally();
  private final Bandwidth bandwidth;
  private Tid goal = Tid.NONE;
  private Tid at = Tid.NONE;
  private long toldAt;
  private long transactions;
  private long records;
  private long bytes;
  private long packedTransactions;
  private long packedRecords;

  private Verify(Raid raid, long request) {
    this.raid = raid;
    this.request = request;
    this.bandwidth = new Bandwidth(raid.settings.recoveryBytesPerSecond());
    this.toldAt = raid.now.millis();
  }

  /**
   * Begins.
   *
   * @param names the backends to compare; empty for all that are in sync
   */
  static void begin(Raid raid, long request, SortedSet<BackendName> names) {
    SortedSet<BackendName> inSync = raid.view().inSync();
    SortedSet<BackendName> chosen = new TreeSet<>(names.isEmpty() ? inSync : names);
    SortedSet<BackendName> strangers = new TreeSet<>(chosen);
    strangers.removeAll(raid.membership.record().backends().keySet());
    if (!strangers.isEmpty()) {
      raid.admin.refuse(request, "there is no backend " + strangers.first());
    } else if (chosen.size() < 2) {
      raid.admin.refuse(
          request, "there is nothing to compare " + chosen + " with; in sync are " + inSync);
    } else {
      new Verify(raid, request).open(chosen, inSync);
    }
  }

  private void open(SortedSet<BackendName> names, SortedSet<BackendName> inSync) {
    goal = raid.announcements.last();
    raid.info("comparing backends " + names + " up to " + goal);
    Gather<BackendName, Link> gather =
        new Gather<>(names.size(), opened -> opened(List.copyOf(opened.values()), inSync));
    for (BackendName name : names) {
      links.add(
          raid.links.open(
              name,
              raid.settings.connectMillis(),
              scope,
              scope.<Link>guard(link -> gather.put(name, link))));
    }
  }

  private void opened(List<Link> opened, SortedSet<BackendName> inSync) {
    for (Link link : opened) {
      if (!link.isUp()) {
        unreadable(link.backend, link.why);
        return;
      }
      readings.add(new Reading(raid, link, goal, inSync.contains(link.backend)));
    }
    read(readings);
  }

  /** Reads the next transaction of these. */
  private void read(List<Reading> behind) {
    Gather<BackendName, Reading> gather = new Gather<>(behind.size(), all -> compare());
    for (Reading each : behind) {
      each.next(scope.guard(() -> gather.put(each.backend, each)));
    }
  }

  private void compare() {
    if (!raid.admin.isOpen(request)) {
      close();
      return;
    }
    List<Reading> there = new ArrayList<>();
    List<Reading> lacking = new ArrayList<>();
    Optional<Tid> next = nextTid();
    for (Reading each : readings) {
      if (!each.trouble.isEmpty()) {
        unreadable(each.backend, each.trouble);
        return;
      }
      Reading.Found head = each.head;
      (head != null && head.tid().equals(next.orElse(Tid.NONE)) ? there : lacking).add(each);
    }
    if (next.isEmpty()) {
      equal();
      return;
    }
    at = next.get();
    String difference = difference(there, lacking);
    if (difference != null) {
      raid.warn("compared backends: " + difference);
      end(false, "not equal: " + difference);
      return;
    }
    goOn(there);
  }

  private Optional<Tid> nextTid() {
    return readings.stream()
        .map(each -> each.head)
        .filter(head -> head != null)
        .map(Reading.Found::tid)
        .min(Tid::compareTo);
  }

  private @Nullable String difference(List<Reading> there, List<Reading> lacking) {
    for (Reading each : lacking) {
      if (!each.mayLackByPacking()) {
        return each.backend
            + " lacks transaction "
            + at
            + ", and "
            + there.getFirst().backend
            + " has it";
      }
    }
    List<Reading.Found> found = new ArrayList<>();
    for (Reading each : there) {
      Reading.Found head = each.head;
      if (head != null) {
        found.add(head);
      }
    }
    for (int i = 0; i < found.size(); i++) {
      for (int j = i + 1; j < found.size(); j++) {
        String difference =
            Differences.first(
                there.get(i).backend, found.get(i), there.get(j).backend, found.get(j));
        if (difference != null) {
          return difference;
        }
      }
    }
    count(found, lacking.isEmpty());
    return null;
  }

  private void count(List<Reading.Found> found, boolean inAll) {
    transactions++;
    records += found.getFirst().records().size();
    blobs.count(found);
    packedRecords += Differences.onlyInSome(found);
    if (!inAll) {
      packedTransactions++;
    }
  }

  private void goOn(List<Reading> behind) {
    long read = 0;
    long ofBlobs = 0;
    for (Reading each : behind) {
      read = Math.max(read, each.takeBytes());
      ofBlobs = Math.max(ofBlobs, each.takeBlobBytes());
    }
    bytes += read + ofBlobs;
    long now = raid.now.millis();
    if (now - toldAt >= TELL_MILLIS) {
      toldAt = now;
      raid.emit(new Effect.TellAdmin(request, "equal up to " + at + " of " + goal + ": " + so()));
    }
    // Blobs were paid for while they came.
    long wait = bandwidth.spend(read, now);
    if (wait == 0) {
      read(behind);
    } else {
      raid.after(wait, scope.guard(() -> read(behind)));
    }
  }

  private String so() {
    return transactions
        + " transactions, "
        + records
        + " records, "
        + blobs.compared()
        + " blobs, "
        + bytes
        + " bytes";
  }

  private void equal() {
    String text = "equal up to " + goal + ": " + so();
    if (packedTransactions > 0 || packedRecords > 0) {
      text +=
          "; not compared, because some of the backends may have packed them away: "
              + packedTransactions
              + " transactions, and "
              + packedRecords
              + " records of others";
    }
    text += blobs.notes();
    raid.info("compared backends: " + text);
    end(true, text);
  }

  private void unreadable(BackendName backend, String why) {
    end(false, "could not compare to the end (" + so() + "): backend " + backend + ": " + why);
  }

  private void end(boolean isEqual, String text) {
    close();
    if (isEqual) {
      raid.admin.grant(request, text);
    } else {
      raid.admin.refuse(request, text);
    }
  }

  private void close() {
    scope.end();
    links.forEach(link -> raid.links.close(link, "compared"));
  }
}
