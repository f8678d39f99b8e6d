package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.raid.Tids;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a client does all day, by chance: reads, writes, asks whether it is up to date. */
final class ClientWork {
  private static final long CROWD_MILLIS = 200;

  /** Chosen tids are 7.5 s apart. */
  private static final int CHOICE_BITS = 29;

  private final World world;
  private final Scheduler scheduler;
  private final ModelClient client;
  private final @Nullable BrowseWork browsing;
  private boolean stopped;

  /** One chain of actions per connection: a broken one leaves its chain without a next. */
  private int chain;

  /**
   * @param browses whether it looks at history, too
   */
  ClientWork(World world, ModelClient client, boolean browses) {
    this.world = world;
    this.scheduler = world.scheduler;
    this.client = client;
    browsing = browses ? new BrowseWork(world, client) : null;
    client.whenReady(() -> {
      next(++chain);
      if (browsing != null) {
        browsing.begin();
      }
    });
  }

  void stop() {
    stopped = true;
    if (browsing != null) {
      browsing.stop();
    }
  }

  private void next(int mine) {
    scheduler.after(
        scheduler.between(0, 800),
        () -> {
          if (mine == chain && client.isReady() && !stopped) {
            act(mine);
          }
        });
  }

  private void act(int mine) {
    double what = scheduler.random.nextDouble();
    if (what < 0.55) {
      begin(mine);
    } else if (what < 0.8) {
      // Stock clients ask for the current revision with the greatest tid there is, too.
      boolean unbounded = scheduler.chance(0.3);
      world
          .anyOid()
          .ifPresentOrElse(
              oid ->
                  client.loadBefore(
                      oid, unbounded ? Tid.MAX : client.last().next(), serial -> next(mine)),
              () -> begin(mine));
    } else if (what < 0.88) {
      world
          .anyOid()
          .ifPresentOrElse(
              oid ->
                  client.loadBefore(oid, new Tid(client.last().value() - 1), serial -> next(mine)),
              () -> begin(mine));
    } else if (what < 0.95) {
      // A load is on its way while others commit: nothing waits for it.
      world.anyOid().ifPresent(oid -> client.load(oid, serial -> {}));
      next(mine);
    } else {
      client.ask(new ClientRequest.Ping(), reply -> next(mine));
    }
  }

  private void begin(int mine) {
    Deque<Oid> oids = new ArrayDeque<>();
    for (long i = scheduler.between(0, 3); i > 0; i--) {
      world.anyOid().filter(oid -> !oids.contains(oid)).ifPresent(oids::add);
    }
    SortedMap<Oid, Tid> stores = new TreeMap<>();
    if (oids.isEmpty() || scheduler.chance(0.2)) {
      client.newOid(oid -> {
        stores.put(oid, Tid.NONE);
        read(mine, oids, stores);
      });
    } else {
      read(mine, oids, stores);
    }
  }

  private void read(int mine, Deque<Oid> left, SortedMap<Oid, Tid> stores) {
    Oid oid = left.poll();
    if (oid != null) {
      client.serial(
          oid,
          serial -> {
            if (!serial.equals(Tid.NONE)) {
              stores.put(oid, serial);
            }
            read(mine, left, stores);
          });
    } else if (stores.isEmpty()) {
      next(mine);
    } else {
      vote(mine, stores);
    }
  }

  private void vote(int mine, SortedMap<Oid, Tid> stores) {
    Content[] content = new Content[1];
    content[0] =
        client.vote(
            stores,
            givenTid(),
            reply -> {
              if (!(reply instanceof ClientReply.Voted)) {
                // As a client after a conflict: what it read may be stale.
                next(mine);
                return;
              }
              long thinks =
                  scheduler.chance(0.03) ? scheduler.between(1000, 9000) : scheduler.between(0, 50);
              scheduler.after(thinks, () -> end(mine, content[0]));
            });
  }

  /**
   * A tid such as several clients may choose at the same time, so that they compete for it; mostly
   * null, for the RAID to choose.
   */
  private @Nullable Tid givenTid() {
    if (!world.clientsChooseTids() || !scheduler.chance(0.3)) {
      return null;
    }
    Tid from = World.later(client.last(), Tids.ofMillis(world.wallMillis()));
    return new Tid(((from.value() >>> CHOICE_BITS) + 1) << CHOICE_BITS);
  }

  private void end(int mine, Content content) {
    if (mine != chain || !client.isReady()) {
      return;
    }
    if (scheduler.chance(0.1)) {
      client.ask(new ClientRequest.Abort(0), reply -> next(mine));
    } else {
      if (scheduler.chance(0.1)) {
        content.stores().keySet().forEach(this::everybodyLoads);
      }
      client.finish(content, reply -> next(mine));
    }
  }

  /** What is being committed, everybody loads again and again: loads join those under way. */
  private void everybodyLoads(Oid oid) {
    for (ModelClient other : world.clients()) {
      for (int i = 0; i < 3; i++) {
        scheduler.after(
            scheduler.between(0, CROWD_MILLIS),
            () -> {
              if (other.isReady()) {
                other.load(oid, serial -> {});
              }
            });
      }
    }
  }
}
