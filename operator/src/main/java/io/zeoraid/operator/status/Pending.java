package io.zeoraid.operator.status;

import io.zeoraid.operator.plan.Hibernation;
import io.zeoraid.operator.status.Seen.Trouble;
import java.util.Collection;
import java.util.Optional;

/** Says what of a wish is not carried out yet. What is said changes only when that does. */
public final class Pending {
  private Pending() {}

  /** What is told while it falls asleep or wakes up. */
  public static Optional<Trouble> of(Hibernation hibernation) {
    return switch (hibernation) {
      case AWAKE, ASLEEP -> Optional.empty();
      case FALLING_ASLEEP ->
          Optional.of(
              new Trouble(
                  "FallingAsleep",
                  "the backends are stopped once no server runs; in sidecar mode, scale Zope down"));
      case WAKING_UP ->
          Optional.of(
              new Trouble(
                  Hibernation.WAKING, "the servers are started once all backends are ready"));
    };
  }

  /**
   * The first of these that holds.
   *
   * @param sleep falling asleep or waking up, if it is
   * @param applied whether all objects are as planned
   * @param reloading whether servers have other backends than the spec
   * @param outdated backends whose pods have not got their new template
   * @param growing claims whose volumes grow
   * @param reprovision a volume that is being replaced
   */
  public static Optional<Trouble> of(
      Optional<Trouble> sleep,
      boolean applied,
      boolean reloading,
      Collection<String> outdated,
      Collection<String> growing,
      Optional<Trouble> reprovision) {
    if (sleep.isPresent()) {
      return sleep;
    }
    if (!applied) {
      return Optional.of(new Trouble("Applying", "what runs is not yet as the spec says"));
    }
    if (reloading) {
      return Optional.of(
          new Trouble("ReloadingServers", "a server does not have the backends of the spec yet"));
    }
    if (!outdated.isEmpty()) {
      return Optional.of(
          new Trouble(
              "RollingBackends",
              "backends are restarted with their new settings, one at a time, while all others are in"
                  + " sync; then the servers. Still to do: "
                  + String.join(", ", outdated)));
    }
    if (!growing.isEmpty()) {
      return Optional.of(
          new Trouble("GrowingVolumes", "volumes grow: " + String.join(", ", growing)));
    }
    return reprovision;
  }
}
