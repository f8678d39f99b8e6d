package io.zeoraid.raid.status;

import java.util.Locale;

/** The state of a whole RAID, in the words of gocept.zeoraid. */
public enum RaidState {
  /** All backends are in sync. */
  OPTIMAL,
  /** At least one backend is in sync and one is out. */
  DEGRADED,
  /** A backend is being rebuilt. */
  RECOVERING,
  /** Nothing can be served. */
  FAILED;

  /** The word: {@code optimal}, {@code degraded}, {@code recovering}, {@code failed}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
