package io.zeoraid.simulation;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who is cut off from whom: RAID servers from backends, from the store ({@link #STORE}) and from
 * one another. Connections that stand break; new ones get no answer.
 */
final class Network {
  static final String STORE = "store";

  private final World world;

  /** Each pair that is cut, and how often: cuts may overlap. */
  private final SortedMap<String, Integer> cuts = new TreeMap<>();

  Network(World world) {
    this.world = world;
  }

  private static String pair(String one, String other) {
    return one.compareTo(other) < 0 ? one + "|" + other : other + "|" + one;
  }

  boolean isCut(String one, String other) {
    return cuts.containsKey(pair(one, other));
  }

  /** Cuts two off from each other for a while. */
  void cut(String one, String other, long millis) {
    String pair = pair(one, other);
    world.say("cut for " + millis + " ms: " + pair);
    cuts.merge(pair, 1, Integer::sum);
    for (RaidProcess process : world.raids()) {
      for (Wire wire : process.wires()) {
        if (pair(process.slot, wire.farEnd.name()).equals(pair)) {
          breakWire(wire);
        }
      }
    }
    world.scheduler.after(
        millis, () -> cuts.computeIfPresent(pair, (p, count) -> count == 1 ? null : count - 1));
  }

  /** A connection that stands breaks; what is under way may arrive later. */
  void breakWire(Wire wire) {
    if (world.scheduler.chance(0.1)) {
      wire.leaveHalfOpen(world.scheduler.between(10_000, 60_000));
    } else if (world.scheduler.chance(0.4)) {
      wire.cutLeaving(world.scheduler.between(0, 8000));
    } else {
      wire.cut();
    }
  }

  void healAll() {
    cuts.clear();
  }

  List<String> cuts() {
    return List.copyOf(cuts.keySet());
  }
}
