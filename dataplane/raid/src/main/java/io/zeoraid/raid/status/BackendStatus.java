package io.zeoraid.raid.status;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import org.jspecify.annotations.Nullable;

/**
 * What a RAID says about one backend.
 *
 * @param state {@code in-sync}, {@code recovering}, {@code failed}, {@code missing}, {@code
 *     diverged} or {@code disabled}
 * @param text the same for people, in the words of gocept.zeoraid: {@code optimal}, or the state
 *     and its reason
 * @param connected whether this server has a working connection to it
 * @param lastTid the last tid that it showed to this server; {@link Tid#NONE} if none
 * @param recovery how far its recovery is; null unless it is recovering
 * @param packing whether it packs just now, as the primary knows
 */
public record BackendStatus(
    BackendName name,
    String state,
    String text,
    boolean connected,
    Tid lastTid,
    @Nullable RecoveryProgress recovery,
    boolean packing) {

  /** Of a backend that does not pack. */
  public BackendStatus(
      BackendName name,
      String state,
      String text,
      boolean connected,
      Tid lastTid,
      @Nullable RecoveryProgress recovery) {
    this(name, state, text, connected, lastTid, recovery, false);
  }
}
