package io.zeoraid.simulation;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A load gives the revision that was current for its bound, and no cache holds as current a
 * revision older than what its client was told.
 */
final class CachesAreCurrent implements Checker {
  private final World world;
  private final Map<Oid, TreeSet<Tid>> writes = new HashMap<>();
  private final NavigableMap<Tid, List<Oid>> written = new TreeMap<>();

  CachesAreCurrent(World world) {
    this.world = world;
  }

  /**
   * What was committed, but neither acknowledged nor announced when the RAID server was killed, and
   * lies further back than the queue of the next one, is known from the logs.
   */
  @Override
  public void announced(Tid tid, List<Oid> oids) {
    Tid known = written.isEmpty() ? Tid.NONE : written.lastKey();
    if (!world.sound().isEmpty()) {
      for (Committed committed : world.sound().getFirst().volume.log().reversed()) {
        if (!committed.tid().isAfter(known)) {
          break;
        }
        if (tid.isAfter(committed.tid())) {
          learn(committed.tid(), List.copyOf(committed.records().keySet()));
        }
      }
    }
    learn(tid, oids);
  }

  private void learn(Tid tid, List<Oid> oids) {
    oids.forEach(oid -> of(oid).add(tid));
    written.put(tid, oids);
  }

  private TreeSet<Tid> of(Oid oid) {
    return writes.computeIfAbsent(oid, o -> new TreeSet<>());
  }

  @Override
  public void cacheChecked(ModelClient client, Tid since) {
    written
        .subMap(since, false, client.last(), true)
        .values()
        .forEach(oids -> oids.forEach(oid -> cached(client, oid)));
  }

  @Override
  public void cached(ModelClient client, Oid oid) {
    Tid serial = client.cache().get(oid);
    Tid current = of(oid).floor(client.last());
    if (serial != null && !serial.equals(current)) {
      throw new Violation(
          client.name
              + " was told of everything up to "
              + client.last()
              + ", but holds "
              + serial
              + " of "
              + oid
              + " as current instead of "
              + current);
    }
  }

  @Override
  public void loaded(ModelClient client, Oid oid, Tid before, @Nullable Loaded loaded) {
    Tid found = loaded == null ? null : loaded.serial();
    if (found != null && found.isAfter(client.last())) {
      throw new Violation(
          client.name + " loads " + found + " of " + oid + " before it was told: " + client.last());
    }
    if (before.equals(Tid.MAX)) {
      if (found != null && !of(oid).contains(found)) {
        throw new Violation(client.name + " loads " + found + " of " + oid + ", which never was");
      }
      return;
    }
    Tid right = of(oid).lower(before);
    if (right == null ? found != null : !right.equals(found)) {
      throw new Violation(
          client.name + " loads " + oid + " before " + before + ": " + found + ", not " + right);
    }
    Tid next = loaded == null ? null : loaded.next();
    if (found != null && next != null && !next.equals(of(oid).higher(found))) {
      throw new Violation(
          client.name
              + " loads "
              + oid
              + ": after "
              + found
              + " comes "
              + of(oid).higher(found)
              + ", not "
              + next);
    }
  }
}
