package io.zeoraid.raid;

import io.zeoraid.protocol.Request;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * R5, Browse: what is listed ({@code history}, {@code undoLog}, {@code undoInfo}; {@link Listing}),
 * sent in parts ({@code sendBlob}; {@link SentBlob}) or walked through ({@code record_iternext},
 * {@link NextRecord}; iterators, {@link ClientIterators}) comes from an in-sync backend of the
 * view, as loads do, and nothing of it that is not announced. Each client that does so has a {@link
 * Browser}, which has a connection of its own: what it asks may be slow, or too much for one
 * message, and its iterators are numbered by the connection.
 */
final class Browse {
  private final Raid raid;
  private final SortedMap<Long, Browser> browsers = new TreeMap<>();

  Browse(Raid raid) {
    this.raid = raid;
  }

  /** A client asks for one of the methods of {@link ClientRequest.Browse}. */
  void asked(long session, long request, Request what) {
    browsers.computeIfAbsent(session, number -> new Browser(raid, number)).asked(request, what);
  }

  void clientLeft(long session) {
    Browser gone = browsers.remove(session);
    if (gone != null) {
      gone.end();
    }
  }

  /** What a backend that left the view says is thrown away. */
  void viewChanged() {
    List.copyOf(browsers.values()).forEach(Browser::viewChanged);
  }

  /** There are backends to read from. */
  void backendsReady() {
    List.copyOf(browsers.values()).forEach(Browser::backendsReady);
  }
}
