package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.math.BigInteger;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Compares what two backends hold under the same tid. The status is left out: packing changes it.
 * So is the order of records: a recovered backend has the records of blobs last.
 */
final class Contents {

  /** What a backend holds under a tid. */
  sealed interface Found {
    record Content(String digest) implements Found {}

    record Nothing() implements Found {}

    record Unknown(String why) implements Found {}
  }

  private final HistoryReader reader;
  private final Consumer<Found> done;
  private final Fingerprint print = new Fingerprint();

  /** The digests of all records, added up: the same in whatever order they come. */
  private BigInteger records = BigInteger.ZERO;

  private Contents(HistoryReader reader, Consumer<Found> done) {
    this.reader = reader;
    this.done = done;
  }

  /**
   * Looks up the transaction with this tid and digests it. Opens a connection of its own.
   *
   * @param tid not NONE
   */
  static void lookUp(Raid raid, BackendName backend, Tid tid, Consumer<Found> done) {
    raid.links.open(
        backend,
        raid.settings.connectMillis(),
        link -> {
          if (!link.isUp()) {
            done.accept(new Found.Unknown(link.why));
            return;
          }
          HistoryReader reader = new HistoryReader(raid, link);
          reader.start(tid, tid);
          Contents contents =
              new Contents(
                  reader,
                  found -> {
                    raid.links.close(link, "looked up");
                    done.accept(found);
                  });
          reader.nextHeader(contents::header);
        });
  }

  /** Whether this transaction is in the backend's log; empty if that can't be told now. */
  static void holds(Raid raid, BackendName backend, Tid tid, Consumer<Optional<Boolean>> done) {
    FirstTransaction.from(raid, backend, tid, first -> done.accept(first.map(tid::equals)));
  }

  /**
   * Whether both hold the same under this tid.
   *
   * @param done is told
   */
  static void compare(
      Raid raid, BackendName one, BackendName other, Tid tid, Consumer<Comparison> done) {
    Gather<BackendName, Found> gather =
        new Gather<>(
            2,
            found -> {
              Found first = found.getOrDefault(one, new Found.Nothing());
              Found second = found.getOrDefault(other, new Found.Nothing());
              done.accept(verdict(first, second));
            });
    lookUp(raid, one, tid, found -> gather.put(one, found));
    lookUp(raid, other, tid, found -> gather.put(other, found));
  }

  /** The outcome of a comparison. */
  sealed interface Comparison {
    record Same() implements Comparison {}

    record Different() implements Comparison {}

    record Unknown(String why) implements Comparison {}
  }

  private static Comparison verdict(Found one, Found other) {
    if (one instanceof Found.Unknown unknown) {
      return new Comparison.Unknown(unknown.why());
    }
    if (other instanceof Found.Unknown unknown) {
      return new Comparison.Unknown(unknown.why());
    }
    return one.equals(other) && one instanceof Found.Content
        ? new Comparison.Same()
        : new Comparison.Different();
  }

  private void header(History.Step step) {
    switch (step) {
      case History.Step.Header(TransactionHeader header) -> {
        print.number(header.tid().value());
        print.plain(header.user());
        print.plain(header.description());
        print.plain(header.extension());
        reader.nextRecord(this::record);
      }
      case History.Step.End end -> done.accept(new Found.Nothing());
      case History.Step.Broken(String why) -> done.accept(new Found.Unknown(why));
      case History.Step.Data data -> throw new IllegalStateException("a record, not a header");
    }
  }

  private void record(History.Step step) {
    switch (step) {
      case History.Step.Data(DataRecord record) -> {
        Fingerprint one = new Fingerprint();
        one.number(record.oid().value());
        one.data(record.data());
        records = records.add(new BigInteger(one.hex(), 16));
        reader.nextRecord(this::record);
      }
      case History.Step.End end -> {
        print.data(records.toByteArray());
        done.accept(new Found.Content(print.hex()));
      }
      case History.Step.Broken(String why) -> done.accept(new Found.Unknown(why));
      case History.Step.Header header -> throw new IllegalStateException("a header, not a record");
    }
  }
}
