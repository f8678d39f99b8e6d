package io.zeoraid.raid.status;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a RAID says about itself.
 *
 * @param storage the name of the storage
 * @param detail a sentence for people: why the RAID is in this state; empty when optimal
 * @param serving whether clients are served now
 * @param epoch the epoch of the membership record; 0 before there is one
 * @param primary the id of the primary; empty if there is none
 * @param server the id of the server that says this
 * @param lastTid the last transaction that was announced
 * @param backends all backends, in name order
 * @param dataLossSuspected whether this server refuses to serve because the backends show less than
 *     what is known to be committed
 * @param configured the backends that this server's own configuration has; may differ from the
 *     record's until each server was given the new one
 * @param packing how far the pack is that is under way, a sentence for people; empty if none is, as
 *     far as this server knows: only the primary does
 * @param waiting whether the state is FAILED merely because this server has just started, or has no
 *     primary, or is about to be it, and knows of nothing that is wrong
 */
public record RaidStatus(
    String storage,
    RaidState state,
    String detail,
    boolean serving,
    long epoch,
    String primary,
    String server,
    Tid lastTid,
    List<BackendStatus> backends,
    boolean dataLossSuspected,
    SortedSet<BackendName> configured,
    String packing,
    boolean waiting) {

  /** Without suspicion, of a server whose configuration has the backends that the record has. */
  public RaidStatus(
      String storage,
      RaidState state,
      String detail,
      boolean serving,
      long epoch,
      String primary,
      String server,
      Tid lastTid,
      List<BackendStatus> backends) {
    this(
        storage,
        state,
        detail,
        serving,
        epoch,
        primary,
        server,
        lastTid,
        backends,
        false,
        backends.stream().map(BackendStatus::name).collect(Collectors.toCollection(TreeSet::new)),
        "",
        false);
  }

  /** The same of a server that has failed for good, because of this. */
  public RaidStatus failed(String why) {
    return new RaidStatus(
        storage,
        RaidState.FAILED,
        why,
        false,
        epoch,
        primary,
        server,
        lastTid,
        backends,
        dataLossSuspected,
        configured,
        "",
        false);
  }

  /** The same with other numbers. */
  public RaidStatus with(Tid otherTid, List<BackendStatus> others) {
    return new RaidStatus(
        storage,
        state,
        detail,
        serving,
        epoch,
        primary,
        server,
        otherTid,
        others,
        dataLossSuspected,
        configured,
        packing,
        waiting);
  }
}
