package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.List;
import java.util.Optional;

/** Everything that can go wrong, by chance, until it is told to stop; then everything is mended. */
final class Faults {
  private static final long PATIENCE_MILLIS = 1500;
  private static final long WAIT_MILLIS = 2000;

  private final World world;
  private final Scheduler scheduler;
  private final long meanMillis;
  private boolean stopped;

  Faults(World world, long meanMillis) {
    this.world = world;
    this.scheduler = world.scheduler;
    this.meanMillis = meanMillis;
  }

  void begin() {
    world.store.trouble = scheduler.chance(0.5) ? 0.1 : 0;
    next();
  }

  private void next() {
    scheduler.after(
        scheduler.between(0, 2 * meanMillis),
        () -> {
          if (!stopped) {
            happen();
            next();
          }
        });
  }

  /** Mends everything: all run, nobody is damaged by chance any more. */
  void stop() {
    stopped = true;
    world.say("the faults are over");
    world.store.up = true;
    world.store.trouble = 0;
    for (ModelServer server : world.servers()) {
      server.diskFull = false;
      server.restart();
    }
    if (!world.raid().isUp()) {
      world.restartRaid();
    }
  }

  private ModelServer anyServer() {
    List<ModelServer> servers = world.servers();
    return servers.get((int) scheduler.between(0, servers.size()));
  }

  private void happen() {
    switch ((int) scheduler.between(0, 21)) {
      case 0, 1 -> breakConnection();
      case 2 -> whenLocked(this::breakConnection, WAIT_MILLIS);
      case 3, 4 -> crash(anyServer());
      case 5 -> whenLocked(() -> crash(anyServer()), WAIT_MILLIS);
      case 6 -> {
        ModelServer server = anyServer();
        if (server.isUp()) {
          server.hang(scheduler.between(200, 12_000), PATIENCE_MILLIS);
        }
      }
      case 7, 8 -> crashRaid();
      case 9 -> world.raid().pause(scheduler.between(100, 8000));
      case 10 -> outage();
      case 11, 12 -> replace(anyServer());
      case 13 -> fillDisk(scheduler.chance(0.2) ? world.servers() : List.of(anyServer()));
      case 14, 15 -> {
        List<ModelClient> clients = world.clients();
        clients.get((int) scheduler.between(0, clients.size())).disconnect();
      }
      case 16 -> world.wish(new AdminRequest.Disable(anyServer().name), answer -> {});
      case 17 -> world.wish(new AdminRequest.Recover(anyServer().name), answer -> {});
      case 18 -> {
        double before = (world.wallMillis() - scheduler.between(-1000, 20_000)) / 1000.0;
        world.wish(new AdminRequest.Pack(before), answer -> {});
      }
      case 19 -> whenLocked(this::powerFails, WAIT_MILLIS);
      default -> world.wallSkewMillis = scheduler.between(-100_000, 100_000);
    }
  }

  /** The worst moment: when a transaction is voted somewhere, or after a while. */
  private void whenLocked(Runnable fault, long millis) {
    if (millis <= 0 || world.servers().stream().anyMatch(ModelServer::isLocked)) {
      scheduler.after(
          scheduler.delay(),
          () -> {
            if (!stopped) {
              fault.run();
            }
          });
    } else {
      scheduler.after(5, () -> whenLocked(fault, millis - 5));
    }
  }

  private void breakConnection() {
    List<Wire> wires = world.raid().wires();
    if (!wires.isEmpty()) {
      Wire wire = wires.get((int) scheduler.between(0, wires.size()));
      if (scheduler.chance(0.4)) {
        wire.cutLeaving(scheduler.between(0, 8000));
      } else {
        wire.cut();
      }
    }
  }

  private void crash(ModelServer server) {
    server.crash();
    scheduler.after(scheduler.between(100, 15_000), server::restart);
  }

  private void crashRaid() {
    if (world.raid().isUp()) {
      world.raid().crash();
      scheduler.after(
          scheduler.between(50, 5000),
          () -> {
            if (!world.raid().isUp()) {
              world.restartRaid();
            }
          });
    }
  }

  /** Most of them die together. */
  private void powerFails() {
    crashRaid();
    for (ModelServer server : world.servers()) {
      if (server.isUp() && scheduler.chance(0.7)) {
        crash(server);
      }
    }
  }

  private void outage() {
    world.store.up = false;
    scheduler.after(scheduler.between(500, 10_000), () -> world.store.up = true);
  }

  private void fillDisk(List<ModelServer> servers) {
    servers.forEach(server -> server.diskFull = true);
    scheduler.after(
        scheduler.between(500, 8000), () -> servers.forEach(server -> server.diskFull = false));
  }

  /**
   * A volume comes back empty, or as it was before; but not that of the last sound copy, and not so
   * that nobody could tell: of an in-sync backend, what the record knows of must be gone.
   */
  private void replace(ModelServer server) {
    Optional<MembershipRecord> record = world.store.record();
    if (record.isEmpty()) {
      return;
    }
    List<Committed> log = server.volume.log();
    int kept = scheduler.chance(0.5) ? 0 : (int) scheduler.between(0, log.size() + 1L);
    if (record.get().isInSync(server.name)) {
      Tid known = record.get().lastTid();
      boolean anotherIsSound =
          world.sound().stream().anyMatch(other -> other != server && other.isUp());
      if (known.equals(Tid.NONE)
          || world.damage().isAny()
          || world.store.underway() > 0
          || !anotherIsSound) {
        return;
      }
      while (kept > 0 && !known.isAfter(log.get(kept - 1).tid())) {
        kept--;
      }
    }
    server.replaceVolume(kept);
    scheduler.after(scheduler.between(100, 5000), server::restart);
  }
}
