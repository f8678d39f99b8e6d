package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a client lists or iterates over has been announced; and an iteration misses nothing that its
 * client had been told of, and no record of it. No-ops are not shown.
 */
final class HistoryIsAnnounced implements Checker {
  private final World world;
  private final NavigableMap<Tid, TreeSet<Oid>> announced = new TreeMap<>();

  HistoryIsAnnounced(World world) {
    this.world = world;
  }

  @Override
  public void announced(Tid tid, List<Oid> oids) {
    announced.put(tid, new TreeSet<>(oids));
  }

  @Override
  public void listed(ModelClient client, List<Tid> tids) {
    for (Tid tid : tids) {
      // What came before this RAID began was never announced.
      if (!announced.containsKey(tid)
          && (announced.isEmpty() || tid.isAfter(announced.firstKey()))) {
        throw new Violation(client.name + " is shown " + tid + ", which nobody announced");
      }
      if (isNoOp(tid)) {
        throw new Violation(client.name + " is shown " + tid + ", which is a no-op");
      }
    }
  }

  /** Clients of the model commit nothing empty. */
  private boolean isNoOp(Tid tid) {
    TreeSet<Oid> oids = announced.get(tid);
    return oids != null && oids.isEmpty();
  }

  @Override
  public void iterated(
      ModelClient client, Tid start, Tid known, SortedMap<Tid, List<Oid>> transactions) {
    listed(client, List.copyOf(transactions.keySet()));
    for (Tid tid : announced.keySet()) {
      boolean isDue =
          !isNoOp(tid)
              && !start.isAfter(tid)
              && !tid.isAfter(known)
              && tid.isAfter(world.packedTo());
      List<Oid> oids = transactions.get(tid);
      if (isDue && oids == null) {
        throw new Violation(client.name + " iterated, and did not see " + tid);
      }
      if (isDue && oids != null && !new TreeSet<>(oids).equals(announced.get(tid))) {
        throw new Violation(
            client.name
                + " iterated, and saw "
                + oids
                + " in "
                + tid
                + ", not "
                + announced.get(tid));
      }
    }
  }
}
