package io.zeoraid.raid;

import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a history of which nothing is known but where it begins and ends. It asks ahead by one:
 * while its user deals with a record, the next one is on its way, and with the first record of a
 * transaction the header that follows, if there must be one.
 *
 * <p>It never asks beyond an end. That would leave error messages in the backend's log; and a
 * header asked for beyond the last one closes the file from which the records are still read
 * ({@code FileStorage.FileIterator}).
 *
 * <p>Iterators are numbered per connection (trap 7 of ZEO's protocol), so nobody else may iterate
 * on it meanwhile.
 */
final class HistoryReader implements History {

  private final Raid raid;
  private final Link link;
  private final Deque<Step> headers = new ArrayDeque<>();
  private final Deque<Step> records = new ArrayDeque<>();
  private @Nullable Consumer<Step> wantsHeader;
  private @Nullable Consumer<Step> wantsRecord;
  private long transactions = -1;
  private boolean headersOnly;
  private boolean endIsUnknown;
  private boolean nextHeaderAsked;
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
            headers.add(History.broken(answer));
            deliver();
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
        link,
        new Request.IteratorNext(transactions),
        answer -> {
          headers.add(History.header(answer));
          deliver();
        });
  }

  private void askRecords(Tid tid) {
    boolean isLast = tid.equals(stop);
    long iterator = link.iterators++;
    raid.links.call(
        link,
        new Request.IteratorRecordStart(transactions, tid),
        answer -> {
          if (!(answer instanceof Answer.Value)) {
            records.add(History.broken(answer));
            deliver();
          }
        });
    askRecord(iterator, isLast);
    nextHeaderAsked = stop != null && !endIsUnknown && !isLast;
    if (nextHeaderAsked) {
      askHeader();
    }
  }

  private void askRecord(long iterator, boolean isLast) {
    raid.links.call(
        link,
        new Request.IteratorRecordNext(iterator),
        answer -> {
          Step step = History.record(answer);
          records.add(step);
          if (step instanceof Step.Data) {
            askRecord(iterator, isLast);
          } else if (isLast) {
            headers.add(END);
          } else if (!nextHeaderAsked) {
            askHeader();
          }
          deliver();
        });
  }

  private void deliver() {
    Consumer<Step> header = wantsHeader;
    if (header != null && !headers.isEmpty()) {
      wantsHeader = null;
      Step step = headers.remove();
      if (step instanceof Step.Header(TransactionHeader found)) {
        if (headersOnly) {
          askHeader();
        } else {
          askRecords(found.tid());
        }
      }
      raid.later(() -> header.accept(step));
    }
    Consumer<Step> record = wantsRecord;
    if (record != null && !records.isEmpty()) {
      wantsRecord = null;
      Step step = records.remove();
      raid.later(() -> record.accept(step));
    }
  }
}
