package io.zeoraid.raid.membership;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The membership record of a RAID ("State" in {@code docs/replication.md}): kept outside the
 * backends, changed as a whole by compare-and-set. Immutable; each method that changes something
 * returns a new record.
 *
 * @param revision grows by one with each record that is written, whatever changed: the later of two
 *     records is the one with the greater revision, and no two are equal
 * @param epoch grows by one with each change of members or primary; for people
 * @param primary the id of the primary, unique per process start; empty if there is none
 * @param address where the other ZEORaid servers reach the primary, as {@code host:port} or a path;
 *     empty if there is none
 * @param number the primary's number, 0-255: the low byte of every tid that it chooses
 * @param backends the state of each backend, in name order; at least one is in sync
 * @param lastTid a lower bound of what is committed; never the tid of a no-op
 * @param nextOid oids below this one are reserved: a primary hands out only what it reserved itself
 */
public record MembershipRecord(
    long revision,
    long epoch,
    String primary,
    String address,
    int number,
    SortedMap<BackendName, BackendState> backends,
    Tid lastTid,
    long nextOid) {

  public MembershipRecord {
    backends = Collections.unmodifiableSortedMap(new TreeMap<>(backends));
    if (number < 0 || number > 255) {
      throw new IllegalArgumentException("a primary's number is 0-255, not " + number);
    }
    if (backends.values().stream().noneMatch(BackendState.InSync.class::isInstance)) {
      throw new IllegalArgumentException("the in-sync set is never empty: " + backends);
    }
  }

  /** The first record of a RAID. */
  public static MembershipRecord first(Map<BackendName, BackendState> backends, Tid lastTid) {
    return new MembershipRecord(1, 1, "", "", 0, new TreeMap<>(backends), lastTid, 1);
  }

  /** The in-sync backends, in name order; a new set. */
  public SortedSet<BackendName> inSync() {
    SortedSet<BackendName> result = new TreeSet<>();
    backends.forEach((name, state) -> {
      if (state instanceof BackendState.InSync) {
        result.add(name);
      }
    });
    return result;
  }

  /** Whether this backend is in sync; false if there is none of that name. */
  public boolean isInSync(BackendName name) {
    return backends.get(name) instanceof BackendState.InSync;
  }

  /** R1: this process makes itself primary, with its predecessor's number + 1. */
  public MembershipRecord takenOverBy(String server, String at) {
    return new MembershipRecord(
        revision, epoch + 1, server, at, (number + 1) % 256, backends, lastTid, nextOid);
  }

  /** R1: the primary gives up its office, and nobody has it yet. */
  public MembershipRecord withoutPrimary() {
    return new MembershipRecord(revision, epoch + 1, "", "", number, backends, lastTid, nextOid);
  }

  /** The record that is written after this one; every writing has a revision of its own. */
  public MembershipRecord nextRevision() {
    return new MembershipRecord(
        revision + 1, epoch, primary, address, number, backends, lastTid, nextOid);
  }

  /**
   * R4, R6: some backends change their state.
   *
   * @throws IllegalArgumentException if none would remain in sync, or one is not a member
   */
  public MembershipRecord with(Map<BackendName, ? extends BackendState> changes) {
    SortedMap<BackendName, BackendState> states = new TreeMap<>(backends);
    changes.forEach((name, state) -> {
      if (states.replace(name, state) == null) {
        throw new IllegalArgumentException(name + " is not a member of " + backends.keySet());
      }
    });
    return withStates(states);
  }

  /**
   * The configuration changed: these are the members now. Newcomers lack everything until they are
   * recovered.
   *
   * @throws IllegalArgumentException if no in-sync backend would remain
   */
  public MembershipRecord withMembers(SortedSet<BackendName> members) {
    SortedMap<BackendName, BackendState> states = new TreeMap<>();
    for (BackendName name : members) {
      BackendState state = backends.get(name);
      states.put(
          name,
          state != null
              ? state
              : new BackendState.Out(OutReason.MISSING, "new in the configuration"));
    }
    return withStates(states);
  }

  private MembershipRecord withStates(SortedMap<BackendName, BackendState> states) {
    long next = states.equals(backends) ? epoch : epoch + 1;
    return new MembershipRecord(revision, next, primary, address, number, states, lastTid, nextOid);
  }

  /** Every compare-and-set notes what is known to be committed. Never goes back. */
  public MembershipRecord withLastTid(Tid tid) {
    return tid.isAfter(lastTid)
        ? new MembershipRecord(revision, epoch, primary, address, number, backends, tid, nextOid)
        : this;
  }

  /** R9: oids below this one are reserved now. */
  public MembershipRecord withNextOid(long oid) {
    return new MembershipRecord(revision, epoch, primary, address, number, backends, lastTid, oid);
  }
}
