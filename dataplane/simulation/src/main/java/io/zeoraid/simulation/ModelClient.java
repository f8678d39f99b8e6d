package io.zeoraid.simulation;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.raid.Transaction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A ZEO client with a cache: it registers, catches up, loads, votes, finishes, and comes back when
 * its connection breaks. What it does is up to {@link ClientWork} or to a script.
 */
final class ModelClient {
  private static final long RECONNECT_MILLIS = 300;
  private static final long PATIENCE_MILLIS = 10_000;

  private record Invalidation(Tid tid, List<Oid> oids) {}

  final String name;
  private final World world;

  /** The server that it connects to; empty if it takes any. */
  private final String slot;

  private final Map<Long, Consumer<ClientReply>> waiting = new HashMap<>();
  private final SortedMap<Oid, Tid> cache = new TreeMap<>();

  /** The first revision of each object that it saw. */
  private final SortedMap<Oid, Tid> firstSeen = new TreeMap<>();

  private final Deque<Oid> freshOids = new ArrayDeque<>();
  private final List<Invalidation> early = new ArrayList<>();
  private @Nullable Session session;
  private boolean ready;
  private Runnable whenReady = () -> {};
  private Tid last = Tid.NONE;
  private int commits;

  /** What the server resolved in the transaction that was voted last. */
  private List<Oid> resolved = List.of();

  private int contents;

  ModelClient(World world, String name, String slot) {
    this.world = world;
    this.name = name;
    this.slot = slot;
  }

  /** The last transaction that it was told of. */
  Tid last() {
    return last;
  }

  /** What it holds as current. */
  SortedMap<Oid, Tid> cache() {
    return Collections.unmodifiableSortedMap(cache);
  }

  int commits() {
    return commits;
  }

  boolean isReady() {
    return ready;
  }

  /** Runs this whenever it has caught up after connecting. */
  void whenReady(Runnable then) {
    whenReady = then;
  }

  // Its connection.

  void connect() {
    Session made = world.openSession(this, slot);
    if (made == null) {
      world.scheduler.after(RECONNECT_MILLIS, this::connect);
      return;
    }
    session = made;
    world.registers(this);
    world.scheduler.after(
        PATIENCE_MILLIS,
        () -> {
          if (session == made && !ready) {
            disconnect(); // another server may serve it
          }
        });
    ask(
        new ClientRequest.Register(),
        reply -> {
          if (reply instanceof ClientReply.Registered(Tid at)) {
            world.heard(this, last, at, "register");
            if (last.equals(Tid.NONE)) {
              caughtUp(at);
            } else {
              ask(new ClientRequest.Invalidations(last), changes -> catchUp(at, changes));
            }
          }
        });
  }

  private void catchUp(Tid registered, ClientReply reply) {
    switch (reply) {
      case ClientReply.Changed(Tid upTo, List<Oid> oids) -> {
        oids.forEach(cache::remove);
        world.heard(this, last, upTo, "getInvalidations");
        caughtUp(upTo);
      }
      case ClientReply.ChangesUnknown unknown -> {
        cache.clear();
        caughtUp(registered);
      }
      default -> throw new Violation("getInvalidations was answered " + reply);
    }
  }

  private void caughtUp(Tid at) {
    Tid before = last;
    last = at;
    ready = true;
    world.cacheChecked(this, before);
    for (Invalidation invalidation : early) {
      if (invalidation.tid().isAfter(last)) {
        invalidated(invalidation.tid(), invalidation.oids());
      }
    }
    early.clear();
    whenReady.run();
  }

  /** Goes away, and comes back. */
  void disconnect() {
    if (session != null) {
      session.leave();
      disconnected();
    }
  }

  void disconnected() {
    session = null;
    ready = false;
    waiting.clear();
    early.clear();
    freshOids.clear();
    world.scheduler.after(RECONNECT_MILLIS, this::connect);
  }

  void answered(long request, ClientReply reply) {
    Consumer<ClientReply> then = waiting.remove(request);
    if (then == null) {
      throw new Violation(name + " got an answer that it did not wait for: " + reply);
    }
    then.accept(reply);
  }

  void invalidated(Tid tid, List<Oid> oids) {
    if (!ready) {
      early.add(new Invalidation(tid, oids));
      return;
    }
    Tid before = last;
    last = tid;
    oids.forEach(cache::remove);
    world.heard(this, before, tid, "invalidation");
    world.cacheChecked(this, before);
  }

  // What it asks.

  void ask(ClientRequest what, Consumer<ClientReply> then) {
    ask(what, null, then);
  }

  private void ask(ClientRequest what, @Nullable Content content, Consumer<ClientReply> then) {
    Session to = session;
    if (to != null) {
      long request = world.newRequest();
      waiting.put(request, then);
      to.ask(request, what, content);
    }
  }

  /** Loads the revision that is current for it. */
  void load(Oid oid, Consumer<Tid> then) {
    loadBefore(oid, last.next(), then);
  }

  /**
   * Loads an earlier revision.
   *
   * @param then is given its serial, NONE if there is none
   */
  void loadBefore(Oid oid, Tid before, Consumer<Tid> then) {
    ask(
        new ClientRequest.Load(oid, before),
        reply -> {
          switch (reply) {
            case ClientReply.Revision(Loaded loaded) -> {
              world.loaded(this, oid, before, loaded);
              if (loaded != null && loaded.next() == null) {
                cache.put(oid, loaded.serial());
                firstSeen.putIfAbsent(oid, loaded.serial());
                world.cached(this, oid);
              }
              then.accept(loaded == null ? Tid.NONE : loaded.serial());
            }
            case ClientReply.Failed failed -> {
              world.loaded(this, oid, before, null);
              then.accept(Tid.NONE);
            }
            default -> throw new Violation("a load was answered " + reply);
          }
        });
  }

  /** The serial to store on: from its cache, or loaded. */
  void serial(Oid oid, Consumer<Tid> then) {
    Tid cached = cache.get(oid);
    Tid old = firstSeen.get(oid);
    if (old != null && ModelServer.resolves(oid)) {
      then.accept(old); // the server will have to resolve a conflict
    } else if (cached != null) {
      then.accept(cached);
    } else {
      load(oid, then);
    }
  }

  void newOid(Consumer<Oid> then) {
    Oid fresh = freshOids.poll();
    if (fresh != null) {
      then.accept(fresh);
      return;
    }
    ask(
        new ClientRequest.NewOids(3),
        reply -> {
          if (reply instanceof ClientReply.Oids(List<Oid> oids)) {
            freshOids.addAll(oids);
            newOid(then);
          }
        });
  }

  /** Votes on a transaction that stores these. */
  Content vote(SortedMap<Oid, Tid> stores, Consumer<ClientReply> then) {
    return vote(stores, null, then);
  }

  /**
   * Votes on a transaction that stores these.
   *
   * @param given the tid that it is to have; null if the RAID is to choose
   */
  Content vote(SortedMap<Oid, Tid> stores, @Nullable Tid given, Consumer<ClientReply> then) {
    Content content = new Content(name + "-" + ++contents, stores, given);
    ask(
        new ClientRequest.Vote(new Transaction(0, List.of(), 0)),
        content,
        reply -> {
          if (reply instanceof ClientReply.Voted voted) {
            resolved = List.copyOf(voted.resolved());
          }
          then.accept(reply);
        });
    return content;
  }

  void finish(Content content, Consumer<ClientReply> then) {
    ask(
        new ClientRequest.Finish(0),
        reply -> {
          if (reply instanceof ClientReply.Finished(Tid tid)) {
            Tid before = last;
            last = tid;
            content
                .stores()
                .keySet()
                .forEach(oid -> {
                  if (resolved.contains(oid)) {
                    cache.remove(oid); // the client does not know what the server made of it
                  } else {
                    cache.put(oid, tid);
                  }
                });
            commits++;
            world.heard(this, before, tid, "finish");
            world.cacheChecked(this, before);
            content.stores().keySet().forEach(world::created);
          }
          then.accept(reply);
        });
  }
}
