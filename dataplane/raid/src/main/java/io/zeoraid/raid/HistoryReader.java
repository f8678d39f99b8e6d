package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the history of a backend, transaction by transaction, record by record. It asks ahead by
 * one: while its user deals with a record, the next one is on its way, and with the last header the
 * first record of its transaction and the header that follows. It never asks beyond an end, which
 * would leave error messages in the backend's log.
 *
 * <p>Iterators are numbered per connection (trap 7 of ZEO's protocol), so the connection may have
 * no other user that iterates.
 */
final class HistoryReader {

  /** What was read. */
  sealed interface Step {
    record Header(TransactionHeader header) implements Step {}

    record Data(DataRecord record) implements Step {}

    /** No further record in this transaction, or no further transaction. */
    record End() implements Step {}

    record Broken(String why) implements Step {}
  }

  private static final Step END = new Step.End();

  private final Raid raid;
  private final Link link;
  private final Deque<Step> headers = new ArrayDeque<>();
  private final Deque<Step> records = new ArrayDeque<>();
  private @Nullable Consumer<Step> wantsHeader;
  private @Nullable Consumer<Step> wantsRecord;
  private long transactions = -1;
  private long nextIterator;

  /**
   * @param firstIterator how many iterators were opened on this connection before
   */
  HistoryReader(Raid raid, Link link, long firstIterator) {
    this.raid = raid;
    this.link = link;
    this.nextIterator = firstIterator;
  }

  /** How many iterators were opened on the connection by now. */
  long iterators() {
    return nextIterator;
  }

  /**
   * Begins to read. To be called once.
   *
   * @param start the first tid wanted; null for the beginning
   * @param stop the last tid wanted; null for the end
   */
  void start(@Nullable Tid start, @Nullable Tid stop) {
    transactions = nextIterator++;
    raid.links.call(
        link,
        new Request.IteratorStart(start, stop),
        answer -> {
          if (!(answer instanceof Answer.Value)) {
            headers.add(broken(answer));
            deliver();
          }
        });
    askHeader();
  }

  /** Reads the next header; the records of the one before must have been read to their end. */
  void nextHeader(Consumer<Step> then) {
    wantsHeader = then;
    deliver();
  }

  /** Reads the next record of the transaction whose header came last. */
  void nextRecord(Consumer<Step> then) {
    wantsRecord = then;
    deliver();
  }

  private void askHeader() {
    raid.links.call(
        link,
        new Request.IteratorNext(transactions),
        answer -> {
          headers.add(headerIn(answer));
          deliver();
        });
  }

  private Step headerIn(Answer answer) {
    if (!(answer instanceof Answer.Value(Object value))) {
      return broken(answer);
    }
    try {
      TransactionHeader header = Results.transaction(value);
      return header == null ? END : new Step.Header(header);
    } catch (ProtocolException e) {
      return new Step.Broken(String.valueOf(e.getMessage()));
    }
  }

  private void askRecords(Tid tid) {
    long iterator = nextIterator++;
    raid.links.call(
        link,
        new Request.IteratorRecordStart(transactions, tid),
        answer -> {
          if (!(answer instanceof Answer.Value)) {
            records.add(broken(answer));
            deliver();
          }
        });
    askRecord(iterator);
    askHeader();
  }

  private void askRecord(long iterator) {
    raid.links.call(
        link,
        new Request.IteratorRecordNext(iterator),
        answer -> {
          Step step = recordIn(answer);
          records.add(step);
          if (step instanceof Step.Data) {
            askRecord(iterator);
          }
          deliver();
        });
  }

  private Step recordIn(Answer answer) {
    if (!(answer instanceof Answer.Value(Object value))) {
      return broken(answer);
    }
    try {
      DataRecord record = Results.record(value);
      return record == null ? END : new Step.Data(record);
    } catch (ProtocolException e) {
      return new Step.Broken(String.valueOf(e.getMessage()));
    }
  }

  private static Step broken(Answer answer) {
    return switch (answer) {
      case Answer.Failed failed -> new Step.Broken(Errors.describe(failed.error()));
      case Answer.Lost lost -> new Step.Broken(lost.why());
      case Answer.Value value -> throw new IllegalStateException("not broken: " + value);
    };
  }

  private void deliver() {
    Consumer<Step> header = wantsHeader;
    if (header != null && !headers.isEmpty()) {
      wantsHeader = null;
      Step step = headers.remove();
      if (step instanceof Step.Header(TransactionHeader found)) {
        askRecords(found.tid());
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
