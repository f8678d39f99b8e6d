package io.zeoraid.simulation;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one connection reads from the log of a model server; its iterators are numbered. */
final class ModelHistory {

  /** An iterator over transactions: live, so that it sees what is committed meanwhile. */
  private static final class Transactions {
    final @Nullable Tid stop;
    Tid after;
    @Nullable Committed current;

    /** F9: asked beyond its end, it has closed the file from which its records are read. */
    boolean ended;

    Transactions(Tid after, @Nullable Tid stop) {
      this.after = after;
      this.stop = stop;
    }
  }

  private record Records(List<Oid> left, Committed of, Transactions by) {}

  private final Volume volume;
  private final Map<Long, Transactions> transactions = new LinkedHashMap<>();
  private final Map<Long, Records> records = new LinkedHashMap<>();
  private long iterators;

  ModelHistory(Volume volume) {
    this.volume = volume;
  }

  void receive(Wire wire, long call, Request request) {
    switch (request) {
      case Request.LoadBefore load -> loadBefore(wire, call, load.oid(), load.before());
      case Request.LoadSerial load -> loadSerial(wire, call, load);
      case Request.GetTid wanted -> getTid(wire, call, wanted.oid());
      case Request.SendBlob wanted -> sendBlob(wire, call, wanted);
      case Request.IteratorStart start -> {
        Tid first = start.start();
        Tid after = first == null || first.equals(Tid.NONE) ? Tid.NONE : new Tid(first.value() - 1);
        transactions.put(iterators, new Transactions(after, start.stop()));
        wire.reply(call, iterators++);
      }
      case Request.IteratorNext next -> next(wire, call, transactions.get(next.iterator()));
      case Request.IteratorRecordStart start -> {
        Transactions iterator = transactions.get(start.iterator());
        Committed current = iterator == null ? null : iterator.current;
        if (iterator == null || current == null || !current.tid().equals(start.tid())) {
          iterators++; // as ZEO: the number is taken before the tid is looked at
          wire.fail(call, Errors.keyError(start.iterator()));
          return;
        }
        records.put(
            iterators, new Records(new ArrayList<>(current.records().keySet()), current, iterator));
        wire.reply(call, iterators++);
      }
      case Request.IteratorRecordNext next -> nextRecord(wire, call, next.iterator());
      case Request.IteratorGc gc -> gc.iterators().forEach(this::forget);
      case Request.History wanted -> ModelListing.history(volume, wire, call, wanted);
      case Request.UndoLog wanted ->
          ModelListing.undoLog(volume, wire, call, wanted.first(), wanted.last());
      case Request.UndoInfo wanted ->
          ModelListing.undoLog(volume, wire, call, wanted.first(), wanted.last());
      case Request.RecordIternext next -> ModelListing.next(volume, wire, call, next.next());
      default -> throw new IllegalStateException("the model has no " + request.method());
    }
  }

  private void loadBefore(Wire wire, long call, Oid oid, Tid before) {
    Committed found = volume.before(oid, before);
    Committed next = volume.next(oid, before);
    if (found == null && next == null) {
      wire.fail(call, Errors.posKeyError(oid));
    } else if (found == null) {
      wire.reply(call, null);
    } else {
      wire.reply(
          call,
          Arrays.asList(
              found.records().get(oid),
              found.tid().toBytes(),
              next == null ? null : next.tid().toBytes()));
    }
  }

  private void loadSerial(Wire wire, long call, Request.LoadSerial load) {
    Committed found = volume.before(load.oid(), load.serial().next());
    byte[] data = found == null ? null : found.records().get(load.oid());
    if (found == null || data == null || !found.tid().equals(load.serial())) {
      wire.fail(call, Errors.posKeyError(load.oid()));
    } else {
      wire.reply(call, data);
    }
  }

  private void getTid(Wire wire, long call, Oid oid) {
    Tid current = volume.current(oid);
    if (current.equals(Tid.NONE)) {
      wire.fail(call, Errors.posKeyError(oid));
    } else {
      wire.reply(call, current.toBytes());
    }
  }

  /** All of it is in the answer. */
  private void sendBlob(Wire wire, long call, Request.SendBlob wanted) {
    if (!volume.keepsBlobs) {
      wire.fail(call, new RemoteError("builtins.TypeError", List.of("Blobs are not supported")));
      return;
    }
    byte[] blob = volume.blob(wanted.oid(), wanted.serial());
    if (blob != null) {
      wire.reply(call, blob);
    } else {
      wire.fail(call, Errors.noBlob("No blob file", wanted.oid(), wanted.serial()));
    }
  }

  private void next(Wire wire, long call, @Nullable Transactions iterator) {
    if (iterator == null || iterator.ended) {
      wire.fail(call, new RemoteError("builtins.KeyError", List.of(0L)));
      return;
    }
    for (Committed c : volume.log()) {
      Tid stop = iterator.stop;
      if (c.tid().isAfter(iterator.after) && (stop == null || !c.tid().isAfter(stop))) {
        iterator.after = c.tid();
        iterator.current = c;
        wire.reply(call, List.of(c.tid().toBytes(), " ", c.user(), c.description(), Map.of()));
        return;
      }
    }
    iterator.ended = true;
    wire.reply(call, null);
  }

  private void nextRecord(Wire wire, long call, long number) {
    Records iterator = records.get(number);
    if (iterator == null) {
      wire.fail(call, Errors.keyError(number));
      return;
    }
    if (iterator.by().ended) {
      wire.fail(call, Errors.valueError("I/O operation on closed file"));
      return;
    }
    if (iterator.left().isEmpty()) {
      records.remove(number);
      wire.reply(call, null);
      return;
    }
    Oid oid = iterator.left().removeFirst();
    Committed of = iterator.of();
    wire.reply(call, Arrays.asList(oid.toBytes(), of.tid().toBytes(), of.records().get(oid), null));
  }

  private void forget(long number) {
    Transactions iterator = transactions.remove(number);
    if (iterator != null) {
      iterator.ended = true;
    }
    records.remove(number);
  }

  /** For tests: how many iterators over transactions are open. */
  long open() {
    return transactions.values().stream().filter(iterator -> !iterator.ended).count();
  }
}
