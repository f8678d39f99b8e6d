package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds out with which transaction the history of a backend begins. */
final class FirstTransaction {
  private FirstTransaction() {}

  static void of(Raid raid, BackendName backend, Consumer<Optional<Tid>> done) {
    raid.links.open(
        backend,
        raid.settings.connectMillis(),
        link -> {
          if (!link.isUp()) {
            done.accept(Optional.empty());
            return;
          }
          HistoryReader reader = new HistoryReader(raid, link);
          reader.startHeaders(null);
          reader.nextHeader(step -> {
            raid.links.close(link, "read");
            done.accept(
                step instanceof HistoryReader.Step.Header(TransactionHeader header)
                    ? Optional.of(header.tid())
                    : Optional.empty());
          });
        });
  }
}
