package io.zeoraid.raid.membership;

import java.util.Locale;

/** Why a backend is out of sync ("State" in {@code docs/replication.md}). */
public enum OutReason {
  /** It could not be reached, did not confirm, or failed to store. */
  FAILED("it failed"),
  /** It lacks transactions that the in-sync backends have. */
  MISSING("it lacks transactions"),
  /** It has a transaction that the in-sync backends lack; it needs a fresh volume. */
  DIVERGED("it has transactions that the others lack"),
  /** An administrator took it out; it stays out until one asks for its recovery. */
  DISABLED("an administrator disabled it");

  private final String sentence;

  OutReason(String sentence) {
    this.sentence = sentence;
  }

  /** The reason in words, for the end of a sentence about the backend. */
  public String sentence() {
    return sentence;
  }

  /**
   * The word that stands in the record, the status, and metrics: {@code failed}, {@code missing},
   * ...
   */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether the RAID may recover such a backend without being asked. */
  public boolean recoversByItself() {
    return this == FAILED || this == MISSING;
  }
}
