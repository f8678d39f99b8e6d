package io.zeoraid.raid;

import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * R5, Browse: an iterator over transactions that a client's {@link Browser} has at a backend. It is
 * used by the client's iterator over transactions and by those over the records of the ones that it
 * read; when nobody uses it any more, the backend may forget it, which closes a file there.
 */
final class Cursor {
  private final Browser browser;
  final Link link;
  private final long number;

  /** The transaction whose records can be asked for. */
  private @Nullable Tid at;

  /** It was asked beyond its end: the backend has closed the file that its records are in (F9). */
  private boolean spent;

  private int users = 1;

  /**
   * Opens it.
   *
   * @param start the first tid wanted; null for the beginning
   * @param stop the last tid wanted
   */
  Cursor(Browser browser, Link link, @Nullable Tid start, Tid stop) {
    this.browser = browser;
    this.link = link;
    this.number = link.iterators++;
    browser.read(link, new Request.IteratorStart(start, stop), value -> expect(number, value));
  }

  private static void expect(long number, @Nullable Object value) {
    if (Results.number(value) != number) {
      throw new ProtocolException("it has numbered an iterator " + value + ", not " + number);
    }
  }

  /** Whether it can still be used. */
  boolean isLive() {
    return link.isUp() && !spent;
  }

  boolean isAt(Tid tid) {
    return isLive() && tid.equals(at);
  }

  /** Reads the next transaction; null after the last one. */
  void next(Consumer<@Nullable TransactionHeader> then) {
    browser.read(
        link,
        new Request.IteratorNext(number),
        value -> {
          TransactionHeader header = Results.transaction(value);
          spent = header == null;
          at = header == null ? null : header.tid();
          then.accept(header);
        });
  }

  /**
   * Begins to read the records of the transaction that it is at.
   *
   * @param failed is told if that is not possible
   * @return the number of the iterator over them
   */
  long startRecords(Tid tid, Runnable failed) {
    users++;
    long records = link.iterators++;
    browser.raid.links.call(
        link,
        new Request.IteratorRecordStart(number, tid),
        answer -> {
          if (!(answer instanceof Answer.Value)) {
            failed.run();
          }
        });
    return records;
  }

  /** One of those who use it does not any more. */
  void release() {
    if (--users == 0 && isLive()) {
      browser.raid.links.send(link, new Request.IteratorGc(List.of(number)));
    }
  }
}
