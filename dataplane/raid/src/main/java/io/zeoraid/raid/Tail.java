package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the last transactions of a backend, to learn what was committed before this server was in
 * office (R3).
 */
final class Tail {
  private static final long FIRST_WINDOW_MILLIS = 1000;
  private static final int GROWTH = 8;

  /** A transaction and what it changed. */
  record Committed(Tid tid, List<Oid> oids) {}

  /**
   * @param after every transaction later than this is listed
   */
  record Found(Tid after, List<Committed> transactions) {}

  private final Raid raid;
  private final Tid stop;
  private final Consumer<Optional<Found>> done;
  private final List<Committed> transactions = new ArrayList<>();
  private @Nullable Tid start;

  private Tail(Raid raid, Tid stop, Consumer<Optional<Found>> done) {
    this.raid = raid;
    this.stop = stop;
    this.done = done;
  }

  /** Everything after this tid, up to that one. */
  static void after(
      Raid raid, BackendName backend, Tid after, Tid stop, Consumer<Optional<Found>> done) {
    Tail tail = new Tail(raid, stop, done);
    tail.start = after.next();
    tail.read(backend);
  }

  /**
   * At least this many transactions up to that tid, if there are as many. The backend is asked from
   * a point in time on; that point moves back until enough were found.
   */
  static void atLeast(
      Raid raid, BackendName backend, int count, Tid stop, Consumer<Optional<Found>> done) {
    window(raid, backend, count, stop, FIRST_WINDOW_MILLIS, done);
  }

  private static void window(
      Raid raid,
      BackendName backend,
      int count,
      Tid stop,
      long millis,
      Consumer<Optional<Found>> done) {
    Tid from = Tids.ofMillis(Math.max(0, Tids.toMillis(stop) - millis));
    boolean fromBeginning = millis > 200L * 365 * 86_400_000 || Tids.toMillis(stop) - millis <= 0;
    Tail tail =
        new Tail(
            raid,
            stop,
            found -> {
              if (found.isPresent()
                  && found.get().transactions().size() < count
                  && !fromBeginning) {
                window(raid, backend, count, stop, millis * GROWTH, done);
              } else {
                done.accept(found);
              }
            });
    tail.start = fromBeginning ? null : from;
    tail.read(backend);
  }

  private void read(BackendName backend) {
    raid.links.open(
        backend,
        raid.settings.connectMillis(),
        link -> {
          if (!link.isUp()) {
            done.accept(Optional.empty());
            return;
          }
          HistoryReader reader = new HistoryReader(raid, link, 0);
          reader.start(start, stop);
          header(link, reader);
        });
  }

  private void header(Link link, HistoryReader reader) {
    reader.nextHeader(step -> {
      switch (step) {
        case HistoryReader.Step.Header(TransactionHeader header) ->
            records(link, reader, header.tid(), new ArrayList<>());
        case HistoryReader.Step.End end -> {
          Tid from = start;
          Tid after = from == null ? Tid.NONE : new Tid(from.value() - 1);
          finish(link, Optional.of(new Found(after, transactions)));
        }
        default -> finish(link, Optional.empty());
      }
    });
  }

  private void records(Link link, HistoryReader reader, Tid tid, List<Oid> oids) {
    reader.nextRecord(step -> {
      switch (step) {
        case HistoryReader.Step.Data(DataRecord record) -> {
          oids.add(record.oid());
          records(link, reader, tid, oids);
        }
        case HistoryReader.Step.End end -> {
          transactions.add(new Committed(tid, oids));
          header(link, reader);
        }
        default -> finish(link, Optional.empty());
      }
    });
  }

  private void finish(Link link, Optional<Found> found) {
    raid.links.close(link, "read");
    done.accept(found);
  }
}
