package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the last transactions of a backend, to learn what was committed before this server was in
 * office (R3).
 */
final class Tail {
  private static final long FIRST_WINDOW_MILLIS = 4000;
  private static final int GROWTH = 8;

  /** No more is kept than this, unless more was wanted. */
  private static final int KEPT = 10_000;

  private static final long KEPT_OIDS = 1_000_000;

  /** A transaction and what it changed. */
  record Committed(Tid tid, List<Oid> oids) {}

  /**
   * What was read.
   *
   * @param after every transaction later than this is listed
   */
  record Found(Tid after, List<Committed> transactions) {}

  private final Raid raid;
  private final Link link;
  private final int count;
  private final Tid stop;
  private final Consumer<Optional<Found>> done;
  private final Deque<Committed> transactions = new ArrayDeque<>();
  private long oidsKept;

  /** What was found from {@link #start} on, before the point in time moved back. */
  private List<Committed> newer = List.of();

  private Tid until;

  /** The last one that was found and not kept. */
  private Tid dropped = Tid.NONE;

  private Tid start = Tid.NONE;

  private Tail(Raid raid, Link link, int count, Tid stop, Consumer<Optional<Found>> done) {
    this.raid = raid;
    this.link = link;
    this.count = count;
    this.stop = stop;
    this.until = stop;
    this.done = done;
  }

  /** Everything after this tid, up to that one. */
  static void after(
      Raid raid, BackendName backend, Tid after, Tid stop, Consumer<Optional<Found>> done) {
    open(raid, backend, 0, stop, done, tail -> tail.readFrom(after.next(), 0));
  }

  /**
   * At least this many transactions up to that tid, if there are as many. Where they begin {@code
   * undoLog} tells; if it does not, since they are packed or the backend packs just now, then the
   * backend is asked from a point in time on; that point moves back until enough were found.
   * Nothing is read twice. However dense they are, not many more are kept than were wanted.
   */
  static void atLeast(
      Raid raid, BackendName backend, int count, Tid stop, Consumer<Optional<Found>> done) {
    open(raid, backend, count, stop, done, Tail::askWhereToBegin);
  }

  private static void open(
      Raid raid,
      BackendName backend,
      int count,
      Tid stop,
      Consumer<Optional<Found>> done,
      Consumer<Tail> begin) {
    raid.links.open(
        backend,
        raid.settings.connectMillis(),
        link -> {
          if (link.isUp()) {
            begin.accept(new Tail(raid, link, count, stop, done));
          } else {
            done.accept(Optional.empty());
          }
        });
  }

  private void askWhereToBegin() {
    raid.links.call(
        link,
        new Request.UndoLog(0, -count),
        answer -> {
          switch (answer) {
            case Answer.Value(Object value) -> {
              Tid begin = oldest(value);
              if (begin == null) {
                window(FIRST_WINDOW_MILLIS);
              } else {
                readFrom(begin, FIRST_WINDOW_MILLIS);
              }
            }
            case Answer.Failed failed -> window(FIRST_WINDOW_MILLIS);
            case Answer.Lost lost -> finish(Optional.empty());
          }
        });
  }

  /** The last of as many transactions as are wanted; null if the answer does not tell. */
  private @Nullable Tid oldest(@Nullable Object undoLog) {
    try {
      List<Map<String, @Nullable Object>> newestFirst = Results.entries(undoLog);
      if (newestFirst.size() < count || newestFirst.isEmpty()) {
        return null;
      }
      Tid tid = Listing.tidOfUndoable(newestFirst.getLast());
      return tid == null || tid.isAfter(stop) ? null : tid;
    } catch (ProtocolException e) {
      return null;
    }
  }

  private void window(long millis) {
    long from = Tids.toMillis(stop) - millis;
    readFrom(from <= 0 ? Tid.NONE : Tids.ofMillis(from), millis);
  }

  private void readFrom(Tid from, long millis) {
    start = from;
    HistoryReader reader = new HistoryReader(raid, link);
    @Nullable Tid first = from.equals(Tid.NONE) ? null : from;
    if (until.equals(stop)) {
      reader.start(first, stop);
    } else {
      reader.startWithin(first, until);
    }
    header(reader, millis);
  }

  private void header(HistoryReader reader, long millis) {
    reader.nextHeader(step -> {
      switch (step) {
        case History.Step.Header(TransactionHeader header) ->
            records(reader, millis, header.tid(), new ArrayList<>());
        case History.Step.End end -> {
          transactions.addAll(newer);
          if (transactions.size() < count && !start.equals(Tid.NONE)) {
            newer = List.copyOf(transactions);
            transactions.clear();
            until = new Tid(start.value() - 1);
            window(millis * GROWTH);
          } else {
            Tid before = start.equals(Tid.NONE) ? start : new Tid(start.value() - 1);
            finish(Optional.of(new Found(Tids.max(before, dropped), List.copyOf(transactions))));
          }
        }
        default -> finish(Optional.empty());
      }
    });
  }

  private void records(HistoryReader reader, long millis, Tid tid, List<Oid> oids) {
    reader.nextRecord(step -> {
      switch (step) {
        case History.Step.Data(DataRecord record) -> {
          oids.add(record.oid());
          records(reader, millis, tid, oids);
        }
        case History.Step.End end -> {
          transactions.add(new Committed(tid, oids));
          oidsKept += oids.size();
          dropTheOldest();
          header(reader, millis);
        }
        default -> finish(Optional.empty());
      }
    });
  }

  private void dropTheOldest() {
    int size = transactions.size() + newer.size();
    if (count > 0 && size > count && (size > KEPT || oidsKept > KEPT_OIDS)) {
      Committed oldest = transactions.removeFirst();
      oidsKept -= oldest.oids().size();
      dropped = oldest.tid();
    }
  }

  private void finish(Optional<Found> found) {
    raid.links.close(link, "read");
    done.accept(found);
  }
}
