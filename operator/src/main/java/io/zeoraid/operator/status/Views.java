package io.zeoraid.operator.status;

import io.zeoraid.control.v1.RaidStatus;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Chooses among what several servers of a RAID say. */
public final class Views {
  private static final Comparator<RaidStatus> BEST =
      Comparator.comparing(RaidStatus::getEpoch, Long::compareUnsigned)
          .thenComparing(Views::isPrimary)
          .thenComparing(RaidStatus::getServing)
          // Whatever comes first must not depend on who answered first.
          .thenComparing(RaidStatus::getServer);

  private Views() {}

  /**
   * The view to go by: that of the latest record, and there that of the primary, which alone knows
   * how far a recovery is.
   */
  public static Optional<RaidStatus> best(Collection<RaidStatus> views) {
    return views.stream().max(BEST);
  }

  /** Whether the server that says this is the primary. */
  public static boolean isPrimary(RaidStatus view) {
    return !view.getPrimary().isEmpty() && view.getPrimary().equals(view.getServer());
  }
}
