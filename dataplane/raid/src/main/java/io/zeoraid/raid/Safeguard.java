package io.zeoraid.raid;

/**
 * A safeguard of the protocol, named so that tests can leave it out and show that the simulation
 * notices. In production none is ever left out.
 */
enum Safeguard {
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
  /** R6: each finish only if the target's exact last tid is the expected predecessor. */
  PREDECESSOR,
  /** R6: commits are held while the rest is copied. */
  HOLD_COMMITS,
  /** R9: oids are reserved before they are handed out. */
  RESERVE_OIDS,
  /** "State": a compare-and-set without an answer is repeated, not taken for failed. */
  REPEAT_UNANSWERED
}
