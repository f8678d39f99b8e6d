package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * R5, Browse: the iterators of one client, numbered as a ZEO server numbers those of a connection
 * ({@code ZEOStorage.iterator_start} and what follows it in {@code ZEO/StorageServer.py}). What a
 * client knows of an iterator is a place: a transaction, or a record of one. The {@link Cursor} at
 * a backend that has got there is replaced by one at another backend when its connection is lost.
 *
 * <p>An iterator ends with the last transaction that was announced when it was started. Nothing is
 * asked beyond that: it would close the file from which the last records are still read (F9). The
 * RAID's own no-ops are passed over ({@link NoOps}).
 */
final class ClientIterators {
  /** How many a client may hold open; each may be an open file at a backend. */
  static final int MOST = 200;

  /** How many records are asked for at a time to get back to where a client was. */
  private static final int SKIPPED_AT_A_TIME = 64;

  /** An iterator over transactions. */
  private static final class Transactions {
    final @Nullable Tid start;
    final Tid stop;

    /** The last one that the client got. */
    @Nullable Tid last;

    @Nullable Cursor cursor;

    Transactions(@Nullable Tid start, Tid stop) {
      this.start = start;
      this.stop = stop;
    }

    boolean isAtEnd() {
      Tid at = last;
      return at == null ? start != null && start.isAfter(stop) : !stop.isAfter(at);
    }

    void release() {
      if (cursor != null) {
        cursor.release();
      }
    }
  }

  /** An iterator over the records of a transaction. */
  private static final class Records {
    final Tid tid;

    /** How many the client got. */
    int count;

    @Nullable Cursor cursor;

    /** Its number at the cursor's backend. */
    long number;

    Records(Tid tid) {
      this.tid = tid;
    }

    void start(Cursor at) {
      cursor = at;
      number =
          at.startRecords(
              tid,
              () -> {
                if (cursor == at) {
                  cursor = null;
                }
              });
    }

    void release() {
      if (cursor != null) {
        cursor.release();
      }
    }
  }

  private final Browser browser;
  private final Map<Long, Transactions> transactions = new TreeMap<>();
  private final Map<Long, Records> records = new TreeMap<>();
  private long next;

  ClientIterators(Browser browser) {
    this.browser = browser;
  }

  boolean isEmpty() {
    return transactions.isEmpty() && records.isEmpty();
  }

  private boolean isFull() {
    return transactions.size() + records.size() >= MOST;
  }

  private void failFull() {
    browser.fail(
        Errors.valueError(
            "this client holds "
                + MOST
                + " iterators open; read some to their end, or let go of them"));
  }

  // Transactions.

  void start(Request.IteratorStart wanted) {
    long id = next++;
    if (isFull()) {
      failFull();
      return;
    }
    Tid bound =
        browser.raid.keeps(Safeguard.BROWSE_BOUND) ? browser.raid.announcements.last() : Tid.MAX;
    Tid stop = wanted.stop();
    transactions.put(
        id, new Transactions(wanted.start(), stop == null || stop.isAfter(bound) ? bound : stop));
    browser.answer(id);
  }

  void next(long id) {
    Transactions iterator = transactions.get(id);
    if (iterator == null) {
      browser.fail(Errors.keyError(id));
    } else if (iterator.isAtEnd()) {
      end(id, iterator);
    } else {
      browser.withLink(link -> next(id, iterator, link));
    }
  }

  private void next(long id, Transactions iterator, Link link) {
    Cursor cursor = iterator.cursor;
    iterator.cursor = null; // it comes back if nothing fails
    if (cursor != null && cursor.isLive()) {
      cursor.next(header -> give(id, iterator, cursor, header));
      return;
    }
    Tid last = iterator.last;
    Cursor fresh = new Cursor(browser, link, last == null ? iterator.start : last, iterator.stop);
    fresh.next(header -> {
      if (last != null && header != null && header.tid().equals(last)) {
        fresh.next(following -> give(id, iterator, fresh, following));
      } else {
        give(id, iterator, fresh, header); // after a pack the last one may be gone
      }
    });
  }

  private void give(
      long id, Transactions iterator, Cursor cursor, @Nullable TransactionHeader header) {
    if (header == null) {
      iterator.cursor = cursor;
      end(id, iterator);
      return;
    }
    Tid tid = header.tid();
    Tid last = iterator.last;
    if (tid.isAfter(iterator.stop) || (last != null && !tid.isAfter(last))) {
      iterator.cursor = cursor;
      browser.broken(cursor.link, "its iterator came to " + tid + " out of order");
      return;
    }
    if (NoOps.mayBe(header)) {
      isEmpty(cursor, tid, isNoOp -> give(id, iterator, cursor, header, isNoOp));
    } else {
      give(id, iterator, cursor, header, false);
    }
  }

  private void give(
      long id, Transactions iterator, Cursor cursor, TransactionHeader header, boolean isNoOp) {
    iterator.cursor = cursor;
    iterator.last = header.tid();
    if (isNoOp) {
      next(id);
    } else {
      browser.answer(header);
    }
  }

  private void isEmpty(Cursor cursor, Tid tid, Consumer<Boolean> then) {
    long records = cursor.startRecords(tid, () -> {});
    browser.read(
        cursor.link,
        new Request.IteratorRecordNext(records),
        value -> {
          cursor.release();
          then.accept(Results.record(value) == null);
        });
  }

  private void end(long id, Transactions iterator) {
    transactions.remove(id);
    iterator.release();
    browser.answer(null);
  }

  // Records.

  void startRecords(Request.IteratorRecordStart wanted) {
    long id = next++;
    Transactions iterator = transactions.get(wanted.iterator());
    Tid last = iterator == null ? null : iterator.last;
    if (iterator == null || last == null) {
      browser.fail(Errors.keyError(wanted.iterator()));
    } else if (!last.equals(wanted.tid())) {
      browser.fail(Errors.exception(outOfOrder(wanted.tid())));
    } else if (isFull()) {
      failFull();
    } else {
      Records started = new Records(last);
      Cursor cursor = iterator.cursor;
      if (cursor != null && cursor.isAt(last)) {
        started.start(cursor);
      }
      records.put(id, started);
      browser.answer(id);
    }
  }

  /** What Python says. */
  static String outOfOrder(Tid tid) {
    StringBuilder repr = new StringBuilder("b'");
    for (char c : new String(tid.toBytes(), StandardCharsets.ISO_8859_1).toCharArray()) {
      switch (c) {
        case '\t' -> repr.append("\\t");
        case '\n' -> repr.append("\\n");
        case '\r' -> repr.append("\\r");
        case '\\' -> repr.append("\\\\");
        default -> {
          if (c < ' ' || c > '~') {
            repr.append(String.format("\\x%02x", (int) c));
          } else {
            repr.append(c);
          }
        }
      }
    }
    return "Out-of-order request for record iterator for transaction " + repr + "'";
  }

  void nextRecord(long id) {
    Records iterator = records.get(id);
    if (iterator == null) {
      browser.fail(Errors.keyError(id));
    } else {
      browser.withLink(link -> nextRecord(id, iterator, link));
    }
  }

  private void nextRecord(long id, Records iterator, Link link) {
    Cursor cursor = iterator.cursor;
    if (cursor != null && cursor.isLive()) {
      iterator.cursor = null; // it comes back if nothing fails
      read(cursor, iterator, record -> give(id, iterator, cursor, record));
      return;
    }
    Cursor fresh = new Cursor(browser, link, iterator.tid, iterator.tid);
    fresh.next(header -> {
      if (header == null || !header.tid().equals(iterator.tid)) {
        fresh.release();
        forget(id, iterator);
        browser.fail(Errors.storage("transaction " + iterator.tid + " was packed away meanwhile"));
        return;
      }
      iterator.number = fresh.startRecords(iterator.tid, () -> {});
      fresh.release(); // nobody reads transactions by it
      skip(
          fresh,
          iterator,
          iterator.count,
          () -> read(fresh, iterator, record -> give(id, iterator, fresh, record)));
    });
  }

  /** Goes back to where the client was. */
  private void skip(Cursor cursor, Records iterator, int count, Runnable then) {
    if (count == 0) {
      then.run();
      return;
    }
    int now = Math.min(count, SKIPPED_AT_A_TIME);
    for (int i = 1; i < now; i++) {
      read(cursor, iterator, record -> {});
    }
    read(cursor, iterator, record -> skip(cursor, iterator, count - now, then));
  }

  private void read(Cursor at, Records iterator, Consumer<@Nullable DataRecord> then) {
    browser.read(
        at.link,
        new Request.IteratorRecordNext(iterator.number),
        value -> then.accept(Results.record(value)));
  }

  private void give(long id, Records iterator, Cursor cursor, @Nullable DataRecord record) {
    iterator.cursor = cursor;
    if (record == null) {
      forget(id, iterator);
      browser.answer(null);
    } else {
      iterator.count++;
      browser.answer(record);
    }
  }

  private void forget(long id, Records iterator) {
    records.remove(id);
    iterator.release();
  }

  // Both.

  /** The client has no use for these any more; those that there are not are no matter. */
  void forget(List<Long> ids) {
    for (long id : ids) {
      Transactions iterator = transactions.remove(id);
      if (iterator != null) {
        iterator.release();
      }
      Records started = records.get(id);
      if (started != null) {
        forget(id, started);
      }
    }
    browser.answer(null);
  }
}
