package io.zeoraid.raid;

import io.zeoraid.protocol.CurrentRecord;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * R5, Browse: {@code record_iternext} ({@code FileStorage.record_iternext}), object by object. If
 * the backend holds nothing that is not announced, which its last tid, asked right behind, tells,
 * its answer is the client's. Otherwise an object whose current revision is not announced is
 * answered with the one before, one that has none is passed over, and so is one that the client
 * would be sent to next.
 */
final class NextRecord {
  private final Browser browser;
  private final Link link;

  private NextRecord(Browser browser, Link link) {
    this.browser = browser;
    this.link = link;
  }

  /**
   * Looks for the first object at or after this oid.
   *
   * @param from null: from the beginning
   */
  static void after(Browser browser, @Nullable Oid from) {
    browser.withLink(link -> new NextRecord(browser, link).ask(from));
  }

  private void ask(@Nullable Oid from) {
    CurrentRecord[] found = new CurrentRecord[1];
    browser.ask(
        link, new Request.RecordIternext(from), value -> found[0] = Results.currentRecord(value));
    browser.read(
        link,
        new Request.LastTransaction(),
        value -> {
          CurrentRecord record = found[0];
          if (record == null) {
            throw new ProtocolException("it answers out of order");
          }
          if (!Results.tid(value).isAfter(last()) || !browser.raid.keeps(Safeguard.BROWSE_BOUND)) {
            browser.answer(record);
          } else {
            judge(record);
          }
        });
  }

  private Tid last() {
    return browser.raid.announcements.last();
  }

  private void judge(CurrentRecord record) {
    if (!record.tid().isAfter(last())) {
      findNext(record, record.next());
    } else {
      revision(
          record.oid(),
          loaded ->
              findNext(
                  new CurrentRecord(record.oid(), loaded.serial(), loaded.data(), null),
                  record.next()),
          () -> {
            Oid next = record.next();
            if (next == null) {
              browser.fail(Errors.valueError("there is no object after this one"));
            } else {
              ask(next);
            }
          });
    }
  }

  /** The client is sent on only to an object that there is, as far as is announced. */
  private void findNext(CurrentRecord record, @Nullable Oid next) {
    if (next == null) {
      answer(record, null);
      return;
    }
    revision(
        next,
        loaded -> answer(record, next),
        () ->
            browser.askIfThere(
                link,
                new Request.RecordIternext(next),
                value -> findNext(record, Results.currentRecord(value).next()),
                () -> answer(record, next)));
  }

  private void answer(CurrentRecord record, @Nullable Oid next) {
    browser.answer(new CurrentRecord(record.oid(), record.tid(), record.data(), next));
  }

  /** The revision that is current as far as is announced. */
  private void revision(Oid oid, Consumer<Loaded> then, Runnable none) {
    Tid bound = last().next();
    browser.askIfThere(
        link,
        new Request.LoadBefore(oid, bound),
        value -> {
          Loaded loaded = Read.within(bound, Results.loaded(value));
          if (loaded == null) {
            none.run();
          } else {
            then.accept(loaded);
          }
        },
        none);
  }
}
