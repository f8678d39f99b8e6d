package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * R9, Oids: the primary reserves blocks by compare-and-set of {@code nextOid}, first raised above
 * every in-sync backend's counter, and hands out only its own.
 */
final class Oids {
  private static final long BLOCK = 10_000;
  private static final long AGAIN_MILLIS = 200;
  private static final int AT_MOST = 100;

  /** A client that waits for oids. */
  private record Wanted(long session, long request, int count) {}

  private final Raid raid;
  private final Deque<Wanted> waiting = new ArrayDeque<>();
  private long next;
  private long end;
  private boolean reserving;

  Oids(Raid raid) {
    this.raid = raid;
  }

  /** Gives a client that many oids, at most 100 as ZEO does. */
  void hand(long session, long request, int count) {
    waiting.add(new Wanted(session, request, Math.clamp(count, 1, AT_MOST)));
    serve();
  }

  void clientLeft(long session) {
    waiting.removeIf(wanted -> wanted.session() == session);
  }

  private void serve() {
    while (!waiting.isEmpty()) {
      Wanted wanted = waiting.peek();
      if (end - next < wanted.count()) {
        reserve();
        return;
      }
      waiting.remove();
      List<Oid> oids = new ArrayList<>(wanted.count());
      for (int i = 0; i < wanted.count(); i++) {
        oids.add(new Oid(next++));
      }
      raid.emit(
          new Effect.AnswerClient(wanted.session(), wanted.request(), new ClientReply.Oids(oids)));
    }
  }

  private void again() {
    raid.after(
        AGAIN_MILLIS,
        () -> {
          reserving = false;
          serve();
        });
  }

  private void reserve() {
    if (reserving || raid.halted) {
      return;
    }
    reserving = true;
    if (!raid.office.serving) {
      again();
      return;
    }
    SortedSet<BackendName> inSync = raid.membership.record().inSync();
    raid.office.connectAll(
        inSync,
        links -> {
          if (links.size() < inSync.size()) {
            raid.watch.suspect();
            again();
            return;
          }
          Gather<BackendName, Answer> gather = new Gather<>(links.size(), this::countersKnown);
          links.forEach((name, link) ->
              raid.links.call(link, new Request.NewOids(1), answer -> gather.put(name, answer)));
        });
  }

  private void countersKnown(SortedMap<BackendName, Answer> answers) {
    long above = 1;
    for (var entry : answers.entrySet()) {
      switch (entry.getValue()) {
        case Answer.Value(Object value) -> {
          try {
            for (Oid oid : Results.oids(value)) {
              above = Math.max(above, oid.value() + 1);
            }
          } catch (ProtocolException e) {
            raid.office.close(entry.getKey(), "it answered nonsense: " + e.getMessage());
            again();
            return;
          }
        }
        case Answer.Failed failed -> {
          raid.warn(
              "backend " + entry.getKey() + " gives no oids: " + Errors.describe(failed.error()));
          again();
          return;
        }
        case Answer.Lost lost -> {
          raid.watch.suspect();
          again();
          return;
        }
      }
    }
    long counters = above;
    if (!raid.keeps(Safeguard.RESERVE_OIDS)) {
      reserved(Math.max(end, counters) + BLOCK);
      return;
    }
    // What is sent may be computed more than once, but is carried out at most once: which block it
    // is, the record tells.
    raid.membership.change(
        record -> Optional.of(record.withNextOid(Math.max(record.nextOid(), counters) + BLOCK)),
        made -> {
          if (made) {
            reserved(raid.membership.record().nextOid());
          } else {
            again();
          }
        });
  }

  /** The block below this oid is ours. */
  private void reserved(long below) {
    next = below - BLOCK;
    end = below;
    reserving = false;
    serve();
  }
}
