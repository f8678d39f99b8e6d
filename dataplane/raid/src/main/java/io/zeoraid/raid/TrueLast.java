package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;

/**
 * F8: a stock server that was killed between the vote and the finish of a transaction claims its
 * tid after the restart, as the answer to {@code register} and {@code lastTransaction}, although it
 * cut the transaction off ({@code FileStorage}, read_index, notes the tid before it looks at the
 * status). It does so until the next commit. Only iteration tells the truth. So each new connection
 * is asked whether its backend holds the transaction that it claims; if not, the last one that it
 * does hold is looked for, from a point in time on that moves back.
 */
final class TrueLast {
  private static final long FIRST_WINDOW_MILLIS = 4000;
  private static final int GROWTH = 32;

  private final Raid raid;
  private final Link link;
  private final Tid claimed;
  private final Runnable done;
  private final long began;
  private Tid found = Tid.NONE;

  private TrueLast(Raid raid, Link link, Runnable done) {
    this.raid = raid;
    this.link = link;
    this.claimed = link.seen;
    this.done = done;
    this.began = raid.now.millis();
  }

  /**
   * Finds out what the claim of a connection that has just been opened is worth; the link knows
   * then.
   */
  static void find(Raid raid, Link link, Runnable done) {
    if (link.seen.equals(Tid.NONE) || !raid.keeps(Safeguard.TRUE_LAST)) {
      raid.later(done);
      return;
    }
    TrueLast search = new TrueLast(raid, link, done);
    search.read(search.claimed, 0);
  }

  private void read(Tid from, long millis) {
    HistoryReader reader = new HistoryReader(raid, link);
    reader.startHeaders(from.equals(Tid.NONE) ? null : from);
    header(reader, from, millis);
  }

  private void header(HistoryReader reader, Tid from, long millis) {
    reader.nextHeader(step -> {
      switch (step) {
        case HistoryReader.Step.Header(TransactionHeader header) -> {
          if (!header.tid().isAfter(found) && !found.equals(Tid.NONE)) {
            raid.links.close(link, "its history goes back from " + found + " to " + header.tid());
          } else if (raid.now.millis() - began > raid.settings.stallMillis()) {
            raid.links.close(link, "its history goes on and on");
          } else {
            found = header.tid();
            header(reader, from, millis);
          }
        }
        case HistoryReader.Step.End end -> ended(from, millis);
        case HistoryReader.Step.Broken(String why) ->
            raid.links.close(link, "its history can't be read: " + why);
        case HistoryReader.Step.Data data ->
            throw new IllegalStateException("a record, not a header");
      }
    });
  }

  private void ended(Tid from, long millis) {
    if (!link.seen.equals(claimed)) {
      // It has committed meanwhile: what it claims is true now.
      done.run();
    } else if (!found.equals(Tid.NONE) || from.equals(Tid.NONE)) {
      judge();
    } else {
      long window = millis == 0 ? FIRST_WINDOW_MILLIS : millis * GROWTH;
      long start = Tids.toMillis(claimed) - window;
      read(start <= 0 ? Tid.NONE : Tids.ofMillis(start), window);
    }
  }

  private void judge() {
    if (!found.equals(claimed)) {
      raid.warn(
          "backend "
              + link.backend
              + " claims "
              + claimed
              + " as its last transaction, but it lost that one in a crash; its last is "
              + found);
      link.phantom = claimed;
      link.truth = found;
      raid.links.noteShown(link, found);
    }
    done.run();
  }
}
