package io.zeoraid.simulation;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.raid.RecordCache;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** So few records that it forgets all the time, those first that were put in first. */
final class ModelCache implements RecordCache {
  private final int most;
  private final Map<Oid, Loaded> held = new LinkedHashMap<>();
  private int hits;
  private int misses;

  ModelCache(int most) {
    this.most = most;
  }

  @Override
  public @Nullable Loaded get(Oid oid) {
    return held.get(oid);
  }

  @Override
  public void put(Oid oid, Loaded revision) {
    held.put(oid, revision);
    if (held.size() > most) {
      held.remove(held.keySet().iterator().next());
    }
  }

  @Override
  public void forgetSuperseded() {
    held.values().removeIf(revision -> revision.next() != null);
  }

  @Override
  public void clear() {
    held.clear();
  }

  @Override
  public void looked(boolean hit) {
    if (hit) {
      hits++;
    } else {
      misses++;
    }
  }

  int hits() {
    return hits;
  }

  int misses() {
    return misses;
  }
}
