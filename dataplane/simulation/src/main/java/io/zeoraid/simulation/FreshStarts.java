package io.zeoraid.simulation;

import io.zeoraid.protocol.Tid;
import java.util.HashMap;
import java.util.Map;

/**
 * No client goes back in time when it changes servers: who registers is told of everything that was
 * acknowledged to anybody before it asked.
 */
final class FreshStarts implements Checker {
  private final Map<ModelClient, Tid> atLeast = new HashMap<>();
  private Tid acknowledged = Tid.NONE;

  @Override
  public void acknowledged(Tid tid, Content content) {
    acknowledged = World.later(acknowledged, tid);
  }

  @Override
  public void registers(ModelClient client) {
    atLeast.put(client, acknowledged);
  }

  @Override
  public void heard(ModelClient client, Tid before, Tid tid, String how) {
    Tid least = atLeast.getOrDefault(client, Tid.NONE);
    if (how.equals("register") && least.isAfter(tid)) {
      throw new Violation(
          client.name
              + " registered and was told of "
              + tid
              + ", but "
              + least
              + " had been acknowledged before");
    }
  }
}
