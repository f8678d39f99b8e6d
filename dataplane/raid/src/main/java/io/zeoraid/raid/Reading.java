package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The history of one backend as {@link Verify} reads it: a transaction at a time, as digests. So
 * what it holds does not depend on how large the records are, and of a transaction with very many
 * records only the first are told apart, and only their blobs are read.
 */
final class Reading {
  /** So many records of a transaction have a digest each; further ones share one. */
  static final int MOST_TOLD_APART = 100_000;

  /** What a record costs on the wire beside its data. */
  private static final long RECORD_BYTES = 60;

  private static final String PACKED = "p";

  /**
   * A transaction.
   *
   * @param metadata user, description and extension
   * @param records a digest of each record's data
   * @param blobs what there is of the blobs that these records name
   * @param rest a digest of the records beyond those that are told apart; empty if there are none
   * @param blobsLeftOut how many of those name blobs, which were not read
   */
  record Found(
      Tid tid,
      boolean isPacked,
      String metadata,
      SortedMap<Oid, String> records,
      SortedMap<Oid, FoundBlob> blobs,
      String rest,
      long blobsLeftOut) {}

  final BackendName backend;
  private final HistoryReader reader;
  private final BlobReader blobReader;
  private final Fingerprint print = new Fingerprint();
  private final Fingerprint rest = new Fingerprint();
  private SortedMap<Oid, String> records = new TreeMap<>();
  private SortedMap<Oid, FoundBlob> blobs = new TreeMap<>();
  private long blobsLeftOut;
  private boolean hasRest;
  private boolean wasPacked;
  private long bytes;
  private long blobBytes;
  private Runnable then = () -> {};

  /** What comes next; null at the end of its history, or if it is broken. */
  @Nullable Found head;

  /** Why it can't be read on; empty if it can. */
  String trouble = "";

  /**
   * @param isWhole whether the backend is known to hold the last transaction wanted
   */
  Reading(Raid raid, Link link, Tid last, boolean isWhole) {
    backend = link.backend;
    reader = new HistoryReader(raid, link);
    blobReader = new BlobReader(raid, link, this::broken);
    if (isWhole) {
      reader.start(null, last);
    } else {
      reader.startWithin(null, last);
    }
  }

  /**
   * Whether packing may have removed a transaction, or a part of it, that comes before the head.
   */
  boolean mayLackByPacking() {
    Found next = head;
    return wasPacked || (next != null && next.isPacked());
  }

  /** The bytes read since this was asked last, without those of blobs. */
  long takeBytes() {
    long taken = bytes;
    bytes = 0;
    return taken;
  }

  /** The bytes of blobs read since this was asked last. */
  long takeBlobBytes() {
    long taken = blobBytes;
    blobBytes = 0;
    return taken;
  }

  /** Reads the next transaction into the head. */
  void next(Runnable whenRead) {
    Found before = head;
    wasPacked = before != null ? before.isPacked() : wasPacked;
    head = null;
    then = whenRead;
    reader.nextHeader(this::header);
  }

  private void header(History.Step step) {
    switch (step) {
      case History.Step.Header(TransactionHeader header) -> {
        print.plain(header.user());
        print.plain(header.description());
        print.plain(header.extension());
        String metadata = print.hex();
        records = new TreeMap<>();
        blobs = new TreeMap<>();
        blobsLeftOut = 0;
        hasRest = false;
        reader.nextRecord(next -> record(header, metadata, next));
      }
      case History.Step.End end -> then.run();
      case History.Step.Broken(String why) -> broken(why);
      case History.Step.Data data -> throw new IllegalStateException("a record, not a header");
    }
  }

  private void record(TransactionHeader header, String metadata, History.Step step) {
    switch (step) {
      case History.Step.Data(DataRecord record) -> {
        take(record);
        readBlob(record, () -> reader.nextRecord(next -> record(header, metadata, next)));
      }
      case History.Step.End end -> {
        head =
            new Found(
                header.tid(),
                header.status().equals(PACKED),
                metadata,
                records,
                blobs,
                hasRest ? rest.hex() : "",
                blobsLeftOut);
        bytes += RECORD_BYTES;
        then.run();
      }
      case History.Step.Broken(String why) -> broken(why);
      case History.Step.Header next -> throw new IllegalStateException("a header, not a record");
    }
  }

  private void take(DataRecord record) {
    byte[] data = record.data();
    bytes += RECORD_BYTES + (data == null ? 0 : data.length);
    if (records.size() < MOST_TOLD_APART) {
      print.data(data);
      records.put(record.oid(), print.hex());
    } else {
      hasRest = true;
      rest.number(record.oid().value());
      rest.data(data);
    }
  }

  /** A stock server has two records of a blob that a client stored, with one file. */
  private void readBlob(DataRecord record, Runnable whenRead) {
    Oid oid = record.oid();
    if (!BlobRecords.isBlob(record) || blobs.containsKey(oid)) {
      whenRead.run();
    } else if (!records.containsKey(oid)) {
      blobsLeftOut++;
      whenRead.run();
    } else {
      blobReader.read(
          record,
          found -> {
            blobs.put(oid, found);
            blobBytes += found instanceof FoundBlob.File(BlobPrint print) ? print.bytes() : 0;
            whenRead.run();
          });
    }
  }

  private void broken(String why) {
    trouble = why;
    then.run();
  }
}
