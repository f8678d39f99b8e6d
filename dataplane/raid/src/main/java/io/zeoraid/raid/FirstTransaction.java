package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds out with which transaction the history of a backend begins, or goes on from some tid. */
final class FirstTransaction {
  private FirstTransaction() {}

  /**
   * Looks it up on a connection of its own.
   *
   * @param start the first tid that counts; null for the beginning
   * @param done is given the tid, NONE if there is no such transaction, empty if that can't be told
   *     now
   */
  static void from(
      Raid raid, BackendName backend, @Nullable Tid start, Consumer<Optional<Tid>> done) {
    raid.links.open(
        backend,
        raid.settings.connectMillis(),
        link -> {
          if (!link.isUp()) {
            done.accept(Optional.empty());
            return;
          }
          HistoryReader reader = new HistoryReader(raid, link);
          reader.startHeaders(start);
          reader.nextHeader(step -> {
            raid.links.close(link, "looked up");
            done.accept(
                switch (step) {
                  case HistoryReader.Step.Header(TransactionHeader header) ->
                      Optional.of(header.tid());
                  case HistoryReader.Step.End end -> Optional.of(Tid.NONE);
                  default -> Optional.empty();
                });
          });
        });
  }
}
