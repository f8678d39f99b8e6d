package io.zeoraid.raid;

import io.zeoraid.raid.membership.MembershipRecord;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which backends are in sync, as this server may rely on it: a primary by its record, a secondary
 * by its primary's ordered stream, in which a view comes before any transaction that was committed
 * under it. So every member of a view holds everything that was announced under it.
 *
 * @param epoch for people
 * @param inSync the backends in sync; empty as long as nobody has said
 */
record View(long epoch, SortedSet<BackendName> inSync) {
  static final View NOTHING = new View(0, Collections.emptySortedSet());

  View {
    inSync = Collections.unmodifiableSortedSet(new TreeSet<>(inSync));
  }

  static View of(MembershipRecord record) {
    return new View(record.epoch(), record.inSync());
  }

  static View of(long epoch, List<String> names) {
    SortedSet<BackendName> inSync = new TreeSet<>();
    names.forEach(name -> inSync.add(new BackendName(name)));
    return new View(epoch, inSync);
  }

  /** The names as they are sent. */
  List<String> names() {
    return inSync.stream().map(BackendName::value).toList();
  }
}
