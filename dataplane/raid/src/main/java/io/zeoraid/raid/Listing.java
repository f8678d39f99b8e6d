package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.PyList;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * R5, Browse: {@code history}, {@code undoLog} and {@code undoInfo} ({@code ZODB/FileStorage}). A
 * backend lists the newest first. What is not announced yet is left out, and no-ops are ({@link
 * NoOps}); since they were counted, too, more is asked for if it is then too few.
 */
final class Listing {
  /** Beyond any log, and far from an overflow. */
  private static final long MOST = 1L << 48;

  private Listing() {}

  static void history(Browser browser, Request.History wanted) {
    history(browser, wanted, 0);
  }

  private static void history(Browser browser, Request.History wanted, int hidden) {
    int size = (int) Math.min((long) wanted.size() + hidden, Integer.MAX_VALUE);
    browser.withLink(link ->
        browser.ask(
            link,
            new Request.History(wanted.oid(), size),
            value -> {
              List<Map<String, @Nullable Object>> all = Results.entries(value);
              List<Map<String, @Nullable Object>> shown =
                  announced(all, bound(browser), Listing::tidOfRevision);
              int more = all.size() - shown.size();
              if (more > hidden && all.size() >= size && size > 0) {
                history(browser, wanted, more);
              } else if (shown.isEmpty() && more > 0) {
                browser.fail(Errors.posKeyError(wanted.oid())); // it is not created yet
              } else {
                browser.answer(part(shown, 0, Math.max(0, wanted.size())));
              }
            }));
  }

  private static Tid bound(Browser browser) {
    Raid raid = browser.raid;
    return raid.keeps(Safeguard.BROWSE_BOUND) ? raid.announcements.last() : Tid.MAX;
  }

  static void undoLog(Browser browser, Request.UndoLog wanted) {
    undo(browser, wanted.first(), wanted.last(), 0, last -> new Request.UndoLog(0, last));
  }

  static void undoInfo(Browser browser, Request.UndoInfo wanted) {
    Object specification = wanted.specification();
    if (Specification.isTooLarge(specification)) {
      browser.fail(Errors.valueError("the specification of undoInfo is too large"));
    } else {
      undo(
          browser,
          wanted.first(),
          wanted.last(),
          0,
          last -> new Request.UndoInfo(0, last, specification));
    }
  }

  /**
   * @param hidden how many of the newest are taken to be not announced, or no-ops
   * @param request asks for the newest, as many as this
   */
  private static void undo(
      Browser browser, long first, long last, long hidden, LongFunction<Request> request) {
    long end = end(first, last);
    if (end <= Math.max(0, first)) {
      browser.answer(new PyList()); // asked for as it is, a negative number would be a count
      return;
    }
    browser.withLink(link ->
        browser.ask(
            link,
            request.apply(end + hidden),
            value -> {
              List<Map<String, @Nullable Object>> all = Results.entries(value);
              List<Map<String, @Nullable Object>> shown =
                  NoOps.leftOut(announced(all, bound(browser), Listing::tidOfUndoable));
              int more = all.size() - shown.size();
              if (more > hidden && all.size() >= end + hidden) {
                undo(browser, first, last, more, request);
              } else {
                browser.answer(part(shown, first, end));
              }
            }));
  }

  /** Where to stop, counted from the newest ({@code FileStorage.undoLog}). */
  static long end(long first, long last) {
    long end = last < 0 ? Math.clamp(first, -MOST, MOST) - Math.clamp(last, -MOST, MOST) : last;
    return Math.min(end, MOST);
  }

  /** Those from the first one on that is announced. */
  static List<Map<String, @Nullable Object>> announced(
      List<Map<String, @Nullable Object>> newestFirst, Tid last, TidOfEntry tid) {
    int hidden = 0;
    for (Map<String, @Nullable Object> entry : newestFirst) {
      Tid found = tid.of(entry);
      if (found != null && !found.isAfter(last)) {
        break;
      }
      hidden++;
    }
    return newestFirst.subList(hidden, newestFirst.size());
  }

  /** Where an entry has its tid. */
  interface TidOfEntry {
    /** Null if it can't be told. */
    @Nullable Tid of(Map<String, @Nullable Object> entry);
  }

  /** {@code history} writes it over whatever the transaction's extension holds. */
  static Tid tidOfRevision(Map<String, @Nullable Object> entry) {
    if (entry.get("tid") instanceof byte[] tid && tid.length == Long.BYTES) {
      return Tid.ofBytes(tid);
    }
    throw new ProtocolException("an entry of a history should have a tid of 8 bytes");
  }

  /** In {@code undoLog} the transaction's extension may hide it. */
  static @Nullable Tid tidOfUndoable(Map<String, @Nullable Object> entry) {
    if (!(entry.get("id") instanceof byte[] id)) {
      return null;
    }
    try {
      byte[] tid = Base64.getDecoder().decode(id);
      return tid.length == Long.BYTES ? Tid.ofBytes(tid) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static PyList part(List<Map<String, @Nullable Object>> shown, long from, long end) {
    int size = shown.size();
    int first = (int) Math.clamp(from, 0, size);
    int last = (int) Math.clamp(end, first, size);
    return new PyList(new ArrayList<>(shown.subList(first, last)));
  }
}
