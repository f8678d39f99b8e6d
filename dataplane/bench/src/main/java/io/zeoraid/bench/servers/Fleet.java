package io.zeoraid.bench.servers;

import io.zeoraid.bench.generator.BenchException;
import java.util.ArrayList;
import java.util.List;

/**
 * Several ZEORaid servers over the same backends, seen through two of them: the primary, and one
 * that passes commits on to it. What a secondary needs of the primary counts as work of the servers
 * behind it.
 */
final class Fleet {
  private final Programs programs;
  private final Target primary;
  private final Target secondary;

  /**
   * @param all the primary first
   */
  Fleet(int servers, Programs programs, List<ServerProcess> backends, List<Targets.Front> all) {
    this.programs = programs;
    Targets.Front first = all.get(0);
    Targets.Front second = all.get(1);
    primary =
        new Target(
            Targets.primaryOf(servers),
            Ports.address(first.port()),
            first.process(),
            behind(first, all, backends),
            true,
            () -> requireRole(first, true));
    secondary =
        new Target(
            Targets.secondaryOf(servers),
            Ports.address(second.port()),
            second.process(),
            behind(second, all, backends),
            false,
            () -> requireRole(second, false));
  }

  Target primary() {
    return primary;
  }

  Target secondary() {
    return secondary;
  }

  private static List<ServerProcess> behind(
      Targets.Front front, List<Targets.Front> all, List<ServerProcess> backends) {
    List<ServerProcess> behind = new ArrayList<>(backends);
    all.stream().filter(other -> other != front).map(Targets.Front::process).forEach(behind::add);
    return behind;
  }

  /** A primary that was lost meanwhile would make the figures those of something else. */
  private void requireRole(Targets.Front front, boolean toBePrimary) {
    boolean isPrimary = programs.isPrimary(front.controlPort());
    if (isPrimary != toBePrimary) {
      throw new BenchException(
          front.process().name()
              + (isPrimary ? " is" : " is not")
              + " the primary, so that its figures mean something else:\n"
              + front.process().tail());
    }
  }
}
