package io.zeoraid.simulation;

import io.zeoraid.protocol.CurrentRecord;
import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a client looks at by chance: lists, all objects, and what was committed lately. */
final class BrowseWork {
  /** Four seconds: a minute is 2^32 (ZODB's TimeStamp). */
  private static final long WINDOW = (1L << 32) / 15;

  private final World world;
  private final Scheduler scheduler;
  private final ModelClient client;
  private boolean stopped;
  private int chain;

  BrowseWork(World world, ModelClient client) {
    this.world = world;
    this.scheduler = world.scheduler;
    this.client = client;
  }

  /** The client has connected. */
  void begin() {
    next(++chain);
  }

  void stop() {
    stopped = true;
  }

  private void next(int mine) {
    scheduler.after(
        scheduler.between(0, 1000),
        () -> {
          if (mine == chain && client.isReady() && !stopped) {
            act(mine);
          }
        });
  }

  private void act(int mine) {
    switch ((int) scheduler.between(0, 4)) {
      case 0 -> world.anyOid().ifPresentOrElse(oid -> history(mine, oid), () -> next(mine));
      case 1 -> undoLog(mine);
      case 2 -> walk(mine, null);
      default -> iterate(mine);
    }
  }

  /**
   * @param then is given the value; null if it can't be had from any backend
   */
  private void ask(Request what, Consumer<@Nullable Object> then, Runnable failed) {
    client.ask(
        new ClientRequest.Browse(what),
        reply -> {
          switch (reply) {
            case ClientReply.Value(Object value) -> then.accept(value);
            case ClientReply.Failed(RemoteError error) -> {
              if (error.type().endsWith("KeyError") && !error.type().endsWith("POSKeyError")) {
                throw new Violation(client.name + " asked " + what + " and was told " + error);
              }
              failed.run();
            }
            default -> throw new Violation(what + " was answered " + reply);
          }
        });
  }

  private void history(int mine, Oid oid) {
    ask(
        new Request.History(oid, (int) scheduler.between(1, 4)),
        value -> {
          List<Tid> tids = new ArrayList<>();
          for (Object entry : (List<?>) value) {
            tids.add(Tid.ofBytes(bytes(entry, "tid")));
          }
          world.listed(client, tids);
          next(mine);
        },
        () -> next(mine));
  }

  private static byte[] bytes(Object entry, String key) {
    if (entry instanceof Map<?, ?> map && map.get(key) instanceof byte[] bytes) {
      return bytes;
    }
    throw new Violation("an entry without " + key + ": " + entry);
  }

  private void undoLog(int mine) {
    ask(
        new Request.UndoLog(scheduler.between(0, 2), -3),
        value -> {
          List<Tid> tids = new ArrayList<>();
          for (Object entry : (List<?>) value) {
            tids.add(Tid.ofBytes(Base64.getDecoder().decode(bytes(entry, "id"))));
          }
          world.listed(client, tids);
          next(mine);
        },
        () -> next(mine));
  }

  private void walk(int mine, @Nullable Oid from) {
    ask(
        new Request.RecordIternext(from),
        value -> {
          CurrentRecord record = (CurrentRecord) value;
          world.listed(client, List.of(record.tid()));
          if (record.next() == null || stopped) {
            next(mine);
          } else {
            walk(mine, record.next());
          }
        },
        () -> next(mine));
  }

  private void iterate(int mine) {
    Tid known = client.last();
    Tid start = new Tid(Math.max(1, known.value() - WINDOW));
    SortedMap<Tid, List<Oid>> found = new TreeMap<>();
    ask(
        new Request.IteratorStart(start, null),
        id -> transaction(mine, (Long) id, start, known, found),
        () -> next(mine));
  }

  private void transaction(
      int mine, long id, Tid start, Tid known, SortedMap<Tid, List<Oid>> found) {
    ask(
        new Request.IteratorNext(id),
        value -> {
          if (value instanceof TransactionHeader header) {
            List<Oid> oids = new ArrayList<>();
            if (found.put(header.tid(), oids) != null) {
              throw new Violation(client.name + " iterated, and saw twice " + header.tid());
            }
            ask(
                new Request.IteratorRecordStart(id, header.tid()),
                records ->
                    record((Long) records, oids, () -> transaction(mine, id, start, known, found)),
                () -> next(mine));
          } else {
            world.iterated(client, start, known, found);
            next(mine);
          }
        },
        () -> next(mine));
  }

  private void record(long id, List<Oid> oids, Runnable ended) {
    ask(
        new Request.IteratorRecordNext(id),
        value -> {
          if (value instanceof DataRecord record) {
            oids.add(record.oid());
            record(id, oids, ended);
          } else {
            ended.run();
          }
        },
        () -> begin());
  }
}
