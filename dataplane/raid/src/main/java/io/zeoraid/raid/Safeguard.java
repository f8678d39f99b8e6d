package io.zeoraid.raid;

/**
 * A safeguard of the protocol, named so that tests can leave it out and show that the simulation
 * notices. In production none is ever left out.
 */
public enum Safeguard {
  /** R1.2: the no-op is finished, and fences the former primary. */
  NO_OP,
  /** R1.2: with every lock held the record is read once more before the no-op is finished. */
  REREAD_UNDER_LOCKS,
  /** R1: a server that steps down closes every connection that may hold a lock. */
  CLOSE_AT_STEP_DOWN,
  /** R2.1: the low byte of a tid is the primary's number, so that no tid names two transactions. */
  NUMBERED_TIDS,
  /** "Following": what is in doubt is tried again only when the primary's history is known. */
  HISTORY_BEFORE_REPLAY,
  /** "State": a follower is told of a view before any transaction committed under it. */
  VIEW_FIRST,
  /** R3: while a backend may have been taken in, nothing is proven. */
  NO_PROOF_WHILE_TAKING_IN,
  /** R2.3: each exact last tid must equal the RAID's last. */
  EXACT_TIDS,
  /** F8: a backend's word about its last tid is not taken without a look at its log. */
  TRUE_LAST,
  /** R2.6: who does not confirm is put out before the client is acknowledged. */
  PUT_OUT_BEFORE_ACKNOWLEDGING,
  /** R3: nothing is announced before all in-sync backends confirmed it. */
  ANNOUNCE_WHEN_CONFIRMED,
  /** R3: {@code register} is answered after a proof. */
  PROOF,
  /** R5: reads are bounded by what was announced. */
  READ_BOUND,
  /** R5: a late reply does not say "current". */
  READ_CORRECTION,
  /** R5: a new connection is read from only after it showed what was announced. */
  FRESH_CONNECTIONS_SHOW_ALL,
  /** R5: what is listed or walked through is bounded by what was announced. */
  BROWSE_BOUND,
  /** R5: what is announced is marked in the cache. */
  CACHE_MARKED,
  /** R5: loads that share a call are corrected by what was announced since it was asked. */
  JOINED_LOADS_CORRECTED,
  /** R6: each finish only if the target's exact last tid is the expected predecessor. */
  PREDECESSOR,
  /** R6: commits are held while the rest is copied. */
  HOLD_COMMITS,
  /** R9: oids are reserved before they are handed out. */
  RESERVE_OIDS,
  /** "State": a compare-and-set without an answer is repeated, not taken for failed. */
  REPEAT_UNANSWERED
}
