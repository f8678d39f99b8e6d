package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What was acknowledged or announced is on every in-sync backend, and stays there; what was refused
 * is on none; nothing is committed twice.
 */
final class KeptTransactions implements Checker {
  private final World world;

  /** The name of the content of each acknowledged transaction. */
  private final SortedMap<Tid, String> acknowledged = new TreeMap<>();

  private final Set<Tid> announced = new HashSet<>();
  private final Set<String> refused = new HashSet<>();

  KeptTransactions(World world) {
    this.world = world;
  }

  @Override
  public void recordChanged(MembershipRecord record) {
    world.sound().forEach(this::checkAll);
  }

  @Override
  public void volumeChanged(ModelServer server) {
    if (world.sound().contains(server)) {
      checkAll(server);
    }
  }

  @Override
  public void committed(ModelServer server, Committed committed) {
    String user = committed.user();
    if (!world.sound().contains(server) || user.isEmpty()) {
      return;
    }
    if (refused.contains(user)) {
      throw new Violation(user + " was refused, but is on " + server.name + ", in sync");
    }
    List<Committed> log = server.volume.log();
    if (log.subList(0, log.size() - 1).stream().anyMatch(c -> c.user().equals(user))) {
      throw new Violation(user + " was committed twice on " + server.name);
    }
  }

  @Override
  public void acknowledged(Tid tid, Content content) {
    String before = acknowledged.put(tid, content.name());
    if (before != null) {
      throw new Violation(tid + " was acknowledged to two: " + before + ", " + content.name());
    }
    world.sound().forEach(server -> checkAcknowledged(server, tid, content.name()));
  }

  @Override
  public void refused(Content content) {
    refused.add(content.name());
    world.sound().forEach(this::checkRefused);
  }

  @Override
  public void announced(Tid tid, List<Oid> oids) {
    announced.add(tid);
    world.sound().forEach(server -> checkAnnounced(server, tid));
  }

  private void checkAll(ModelServer server) {
    acknowledged.forEach((tid, name) -> checkAcknowledged(server, tid, name));
    announced.forEach(tid -> checkAnnounced(server, tid));
    checkRefused(server);
    Set<String> seen = new HashSet<>();
    for (Committed committed : server.volume.log()) {
      if (!committed.user().isEmpty() && !seen.add(committed.user())) {
        throw new Violation(committed.user() + " was committed twice on " + server.name);
      }
    }
  }

  private void checkAcknowledged(ModelServer server, Tid tid, String name) {
    if (tid.isAfter(world.packedTo()) && !server.volume.holds(tid, name)) {
      throw new Violation(
          "acknowledged " + tid + " (" + name + ") is not on " + server.name + ", in sync");
    }
  }

  private void checkAnnounced(ModelServer server, Tid tid) {
    if (tid.isAfter(world.packedTo()) && !server.volume.holds(tid)) {
      throw new Violation("announced " + tid + " is not on " + server.name + ", in sync");
    }
  }

  private void checkRefused(ModelServer server) {
    for (Committed committed : server.volume.log()) {
      if (refused.contains(committed.user())) {
        throw new Violation(
            committed.user() + " was refused, but is on " + server.name + ", in sync");
      }
    }
  }
}
