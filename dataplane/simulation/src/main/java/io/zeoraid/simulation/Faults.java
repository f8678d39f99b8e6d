package io.zeoraid.simulation;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.Event;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Everything that can go wrong, by chance, until it is told to stop; then everything is mended. */
final class Faults {
  private static final long PATIENCE_MILLIS = 1500;
  private static final long WAIT_MILLIS = 2000;

  private final World world;
  private final Scheduler scheduler;
  private final long meanMillis;
  private boolean stopped;

  /** Whether something happens just when the record changes. */
  private boolean isMean;

  private @Nullable MembershipRecord before;

  Faults(World world, long meanMillis) {
    this.world = world;
    this.scheduler = world.scheduler;
    this.meanMillis = meanMillis;
  }

  /** The worst moments are those in which the record changes. */
  void recordChanged(MembershipRecord record) {
    MembershipRecord old = before;
    before = record;
    if (stopped || !isMean || old == null || !scheduler.chance(0.5)) {
      return;
    }
    boolean newPrimary = !old.primary().equals(record.primary());
    boolean takenIn = !old.inSync().containsAll(record.inSync());
    world
        .primary()
        .ifPresent(raid -> {
          if (newPrimary && scheduler.chance(0.7)) {
            scheduler.after(scheduler.between(0, 200), () -> standStill(raid));
          } else if (newPrimary && scheduler.chance(0.7)) {
            isolate(raid);
          } else if (newPrimary) {
            world.raids().stream()
                .filter(other -> other.id.equals(old.primary()))
                .forEach(this::isolate);
          } else if (takenIn) {
            isolate(raid);
            scheduler.after(
                scheduler.between(2000, 8000),
                () -> world.clients().forEach(ModelClient::disconnect));
            for (RaidProcess other : world.raids()) {
              for (BackendName name : old.inSync()) {
                if (other != raid) {
                  cut(other.slot, name.value());
                }
              }
            }
          }
        });
  }

  /** And those in which a server that takes over has just read the record: it may be an old one. */
  void beforeDelivery(RaidProcess raid, Event event) {
    if (isMean
        && !stopped
        && event instanceof Event.RecordRead
        && world.primary().filter(raid::equals).isPresent()
        && raid.pausedUntil() < scheduler.now()
        && !raid.core().status().serving()
        && before != null
        && before.inSync().size() < before.backends().size()
        && scheduler.chance(0.6)) {
      standStill(raid);
    }
  }

  /**
   * Meanwhile another one becomes primary, and brings backends back: the members are others then.
   */
  private void standStill(RaidProcess raid) {
    raid.pause(scheduler.between(5000, 20_000), PATIENCE_MILLIS);
    world.servers().forEach(ModelServer::restart);
  }

  void begin() {
    isMean = scheduler.chance(0.7);
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
    world.network().healAll();
    for (RaidProcess raid : world.raids()) {
      if (!raid.isUp()) {
        world.restart(raid.slot);
      }
    }
  }

  private ModelServer anyServer() {
    List<ModelServer> servers = world.servers();
    return servers.get((int) scheduler.between(0, servers.size()));
  }

  /** Rather the primary than another one. */
  private RaidProcess anyRaid() {
    List<RaidProcess> raids = world.raids();
    RaidProcess any = raids.get((int) scheduler.between(0, raids.size()));
    return scheduler.chance(0.5) ? world.primary().orElse(any) : any;
  }

  private void happen() {
    switch ((int) scheduler.between(0, 35)) {
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
      case 7, 8 -> crash(anyRaid());
      case 9 -> anyRaid().pause(scheduler.between(100, 12_000), PATIENCE_MILLIS);
      case 10 -> outage();
      case 11, 12 -> replace(anyServer());
      case 13 -> fillDisk(scheduler.chance(0.2) ? world.servers() : List.of(anyServer()));
      case 14, 15 -> {
        List<ModelClient> clients = world.clients();
        clients.get((int) scheduler.between(0, clients.size())).disconnect();
      }
      case 16 -> world.wish(anyRaid(), new AdminRequest.Disable(anyServer().name), answer -> {});
      case 17 -> world.wish(anyRaid(), new AdminRequest.Recover(anyServer().name), answer -> {});
      case 18 -> {
        double before = (world.wallMillis() - scheduler.between(-1000, 20_000)) / 1000.0;
        world.wish(anyRaid(), new AdminRequest.Pack(before), answer -> {});
      }
      case 19 -> whenLocked(this::powerFails, WAIT_MILLIS);
      case 20 -> whenLocked(() -> crash(anyRaid()), WAIT_MILLIS);
      case 21 -> stop(anyRaid());
      case 22 -> cut(anyRaid().slot, anyServer().name());
      case 23 -> cut(anyRaid().slot, Network.STORE);
      case 24 -> cut(anyRaid().slot, anyRaid().slot);
      case 25 -> isolate(anyRaid());
      case 26, 27, 28, 29, 30 -> whenLocked(this::slowFinish, WAIT_MILLIS);
      default -> world.wallSkewMillis = scheduler.between(-100_000, 100_000);
    }
  }

  private void cut(String one, String other) {
    if (!one.equals(other)) {
      world.network().cut(one, other, scheduler.between(500, 20_000));
    }
  }

  /** Cut off from the store and the other servers, but not from the backends. */
  private void isolate(RaidProcess raid) {
    cut(raid.slot, Network.STORE);
    world.raids().forEach(other -> cut(raid.slot, other.slot));
  }

  /** A backend is slow to finish, and meanwhile the servers lose one another for a moment. */
  private void slowFinish() {
    ModelServer slow = anyServer();
    if (slow.isUp()) {
      slow.hang(scheduler.between(500, PATIENCE_MILLIS), PATIENCE_MILLIS);
    }
    for (RaidProcess raid : world.raids()) {
      for (Wire wire : raid.wires()) {
        if (wire.farEnd instanceof PeerSessions) {
          wire.cut();
        }
      }
    }
  }

  /** A planned hand-over. */
  private void stop(RaidProcess raid) {
    if (raid.isUp()) {
      raid.stop(
          scheduler.between(0, 3000),
          () -> scheduler.after(scheduler.between(50, 5000), () -> restart(raid.slot)));
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
    List<Wire> wires = anyRaid().wires();
    if (!wires.isEmpty()) {
      world.network().breakWire(wires.get((int) scheduler.between(0, wires.size())));
    }
  }

  private void crash(ModelServer server) {
    server.crash();
    scheduler.after(scheduler.between(100, 15_000), server::restart);
  }

  private void crash(RaidProcess raid) {
    if (raid.isUp()) {
      raid.crash();
      scheduler.after(scheduler.between(50, 5000), () -> restart(raid.slot));
    }
  }

  private void restart(String slot) {
    if (!world.raid(slot).isUp()) {
      world.restart(slot);
    }
  }

  /** Most of them die together. */
  private void powerFails() {
    for (RaidProcess raid : world.raids()) {
      if (scheduler.chance(0.7)) {
        crash(raid);
      }
    }
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
