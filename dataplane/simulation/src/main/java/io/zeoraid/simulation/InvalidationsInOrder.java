package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A client hears of each transaction once, in the order of tids, its own included, and never goes
 * back in time when it connects again. A RAID server announces what another one did in the same
 * order.
 */
final class InvalidationsInOrder implements Checker {
  private final Set<Tid> announced = new HashSet<>();

  @Override
  public void announced(Tid tid, List<Oid> oids) {
    announced.add(tid);
  }

  @Override
  public void heard(ModelClient client, Tid before, Tid tid, String how) {
    boolean mayBeEqual = how.equals("register") || how.equals("getInvalidations");
    if (mayBeEqual ? before.isAfter(tid) : !tid.isAfter(before)) {
      throw new Violation(client.name + " was told of " + tid + " by " + how + " after " + before);
    }
    if (!tid.equals(Tid.NONE) && !announced.contains(tid)) {
      throw new Violation(client.name + " was told of " + tid + ", which nobody announced");
    }
  }
}
