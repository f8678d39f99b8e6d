package io.zeoraid.raid.status;

import io.zeoraid.protocol.Tid;
import java.util.List;

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
    List<BackendStatus> backends) {}
