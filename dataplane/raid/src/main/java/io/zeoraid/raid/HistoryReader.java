package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a history of which nothing is known but where it begins and ends. It reads ahead of its
 * user, several transactions at a time: with the first record of a transaction goes the question
 * for the header that follows, if there must be one; and as soon as that is there, its records are
 * asked for, while those of the one before still come. So a transaction costs one round trip, not
 * one for each record.
 *
 * <p>It never asks beyond an end. That would leave error messages in the backend's log; and a
 * header asked for beyond the last one closes the file from which the records are still read
 * ({@code FileStorage.FileIterator}). So of each transaction one record is on its way at a time.
 *
 * <p>Memory is bounded: {@link #MOST_AHEAD} transactions are read ahead at most, and none while
 * {@link #MOST_KEPT_BYTES} are kept; beyond that there is one record of each.
 *
 * <p>Iterators are numbered per connection (trap 7 of ZEO's protocol), so nobody else may iterate
 * on it meanwhile.
 */
final class HistoryReader implements History {
  private static final int MOST_AHEAD = 16;
  private static final long MOST_KEPT_BYTES = 1 << 20;

  /** What a step costs beside its data. */
  private static final long STEP_BYTES = 100;

  /** A header that came, and what came of its records; or the end. */
  private static final class Ahead {
    final Step header;
    final Deque<Step> records = new ArrayDeque<>();
    long iterator;
    boolean isLast;
    boolean nextHeaderAsked;

    /** Its next record, or its first, is to be asked for as soon as there is room. */
    boolean waits;

    Ahead(Step header) {
      this.header = header;
    }
  }

  private final Raid raid;
  private final Link link;

  /** What was not handed on yet. */
  private final Deque<Ahead> ahead = new ArrayDeque<>();

  /** The transaction that the user reads. */
  private @Nullable Ahead current;

  /** The transaction whose records are to be started: the last one whose header came. */
  private @Nullable Ahead unopened;

  private @Nullable Consumer<Step> wantsHeader;
  private @Nullable Consumer<Step> wantsRecord;
  private long transactions = -1;
  private long keptBytes;
  private boolean headersOnly;
  private boolean endIsUnknown;
  private @Nullable Tid stop;

  HistoryReader(Raid raid, Link link) {
    this.raid = raid;
    this.link = link;
  }

  /**
   * Begins to read. To be called once.
   *
   * @param start the first tid wanted; null for the beginning
   * @param stop the last tid wanted, which the backend holds if it holds a later one; null for the
   *     end
   */
  void start(@Nullable Tid start, @Nullable Tid stop) {
    this.stop = stop;
    transactions = link.iterators++;
    raid.links.call(
        link,
        new Request.IteratorStart(start, stop),
        answer -> {
          if (!(answer instanceof Answer.Value)) {
            came(History.broken(answer));
          }
        });
    askHeader();
  }

  /**
   * As {@link #start}, but whether the backend holds the last tid wanted is unknown, and so where
   * the end is: no header is asked ahead.
   */
  void startWithin(@Nullable Tid start, Tid stop) {
    endIsUnknown = true;
    start(start, stop);
  }

  /** Begins to read headers only, to the end. To be called once, instead of {@link #start}. */
  void startHeaders(@Nullable Tid from) {
    headersOnly = true;
    start(from, null);
  }

  @Override
  public void nextHeader(Consumer<Step> then) {
    wantsHeader = then;
    deliver();
  }

  @Override
  public void nextRecord(Consumer<Step> then) {
    wantsRecord = then;
    deliver();
  }

  private void askHeader() {
    raid.links.call(
        link, new Request.IteratorNext(transactions), answer -> came(History.header(answer)));
  }

  private void came(Step header) {
    Ahead next = new Ahead(header);
    ahead.add(next);
    if (header instanceof Step.Header && !headersOnly) {
      unopened = next;
    }
    deliver();
    goOn();
  }

  /** Asks for what there is room for; the user's own transaction never waits. */
  private void goOn() {
    Ahead mine = current;
    if (mine != null && mine.waits && (mine.records.isEmpty() || keptBytes < MOST_KEPT_BYTES)) {
      askRecord(mine);
    }
    for (Ahead each : ahead) {
      if (each.waits && keptBytes < MOST_KEPT_BYTES) {
        askRecord(each);
      }
    }
    Ahead next = unopened;
    if (next != null
        && (next == mine || (ahead.size() <= MOST_AHEAD && keptBytes < MOST_KEPT_BYTES))) {
      unopened = null;
      askRecords(next);
    }
  }

  private void askRecords(Ahead of) {
    if (!(of.header instanceof Step.Header(TransactionHeader header))) {
      throw new IllegalStateException("no transaction: " + of.header);
    }
    of.isLast = header.tid().equals(stop);
    of.iterator = link.iterators++;
    raid.links.call(
        link,
        new Request.IteratorRecordStart(transactions, header.tid()),
        answer -> {
          if (!(answer instanceof Answer.Value)) {
            came(of, History.broken(answer));
          }
        });
    askRecord(of);
    of.nextHeaderAsked = stop != null && !endIsUnknown && !of.isLast;
    if (of.nextHeaderAsked) {
      askHeader();
    }
  }

  private void askRecord(Ahead of) {
    of.waits = false;
    raid.links.call(
        link,
        new Request.IteratorRecordNext(of.iterator),
        answer -> {
          Step step = History.record(answer);
          of.waits = step instanceof Step.Data;
          came(of, step);
        });
  }

  private void came(Ahead of, Step record) {
    of.records.add(record);
    keptBytes += bytes(record);
    if (record instanceof Step.End) {
      if (of.isLast) {
        ahead.add(new Ahead(END));
      } else if (!of.nextHeaderAsked) {
        askHeader();
      }
    }
    deliver();
    goOn();
  }

  private static long bytes(Step step) {
    byte[] data = step instanceof Step.Data(DataRecord record) ? record.data() : null;
    return STEP_BYTES + (data == null ? 0 : data.length);
  }

  private void deliver() {
    Consumer<Step> header = wantsHeader;
    if (header != null && !ahead.isEmpty()) {
      wantsHeader = null;
      Ahead next = ahead.remove();
      current = next;
      if (headersOnly && next.header instanceof Step.Header) {
        askHeader();
      }
      raid.later(() -> header.accept(next.header));
      goOn();
    }
    Consumer<Step> record = wantsRecord;
    Ahead mine = current;
    if (record != null && mine != null && !mine.records.isEmpty()) {
      wantsRecord = null;
      Step step = mine.records.remove();
      keptBytes -= bytes(step);
      raid.later(() -> record.accept(step));
      goOn();
    }
  }
}
