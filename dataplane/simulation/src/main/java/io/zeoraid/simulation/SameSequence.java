package io.zeoraid.simulation;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.List;

/**
 * In-sync backends hold the same sequence of transactions, up to the one in flight. What a pack may
 * have dropped is left out.
 */
final class SameSequence implements Checker {
  private final World world;

  SameSequence(World world) {
    this.world = world;
  }

  @Override
  public void recordChanged(MembershipRecord record) {
    check(1);
  }

  @Override
  public void committed(ModelServer server, Committed committed) {
    check(1);
  }

  @Override
  public void volumeChanged(ModelServer server) {
    check(1);
  }

  @Override
  public void end() {
    check(0);
  }

  private void check(int inFlight) {
    List<ModelServer> servers = world.sound();
    if (servers.size() < 2) {
      return;
    }
    Tid packed = world.packedTo();
    List<Committed> first = after(packed, servers.getFirst());
    for (ModelServer server : servers.subList(1, servers.size())) {
      List<Committed> other = after(packed, server);
      int common = Math.min(first.size(), other.size());
      boolean same = Math.max(first.size(), other.size()) - common <= inFlight;
      for (int k = 0; k < common && same; k++) {
        same = first.get(k).identity().equals(other.get(k).identity());
      }
      if (!same) {
        throw new Violation(
            "in sync, but different: "
                + servers.getFirst().name
                + " ends with "
                + end(first)
                + ", "
                + server.name
                + " with "
                + end(other));
      }
    }
  }

  private static List<Committed> after(Tid packed, ModelServer server) {
    List<Committed> log = server.volume.log();
    int from = 0;
    while (from < log.size() && !log.get(from).tid().isAfter(packed)) {
      from++;
    }
    return log.subList(from, log.size());
  }

  private static List<String> end(List<Committed> log) {
    return log.subList(Math.max(0, log.size() - 3), log.size()).stream()
        .map(Committed::identity)
        .toList();
  }
}
