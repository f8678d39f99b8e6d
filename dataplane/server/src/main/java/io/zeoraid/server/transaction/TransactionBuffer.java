package io.zeoraid.server.transaction;

import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.PyList;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.StoreConflict;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.Transaction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client has done in its transaction so far (R2.1): in memory up to a bound, then in a
 * temporary file. Confined to the event loop.
 *
 * <p>No operation may fail early, for the client does not listen before the vote: what goes wrong
 * dooms the transaction, and the vote says why.
 */
public final class TransactionBuffer implements AutoCloseable {
  private static final int OPERATION_BYTES = 64;

  /** Memory for the oid of a changed object, and where it is stored, which stays there. */
  private static final int OID_BYTES = 160;

  /** Memory for the name of a file in a shared directory. */
  private static final int NAME_BYTES = 400;

  /** Less is not worth a file, which has buffers, too. */
  private static final long LEAST_SPILLED_BYTES = 1 << 20;

  /**
   * A backend looks through its log for a transaction that is to be undone, from the end ({@code
   * _txn_find} in {@code ZODB/FileStorage/FileStorage.py}): it gets as much time for that as for a
   * store of this size.
   */
  private static final long UNDO_BYTES = 100 << 20;

  /**
   * Ordinary, and packed, as a copy of a packed storage has it. Under any other status a
   * FileStorage that is opened next time cuts the transaction off, leaves it out, or does not
   * iterate it ({@code read_index} and FileIterator in {@code ZODB/FileStorage/FileStorage.py}).
   */
  private static final String STATUSES = " p";

  private final long id;
  private final Request.TpcBegin begin;
  private final Limits limits;
  private final Map<Oid, Change> changes = new LinkedHashMap<>();
  private final Resolution resolution = new Resolution();
  private final Map<Encoding, List<byte[]>> encoded = new EnumMap<>(Encoding.class);
  private List<Request> operations = new ArrayList<>();
  private @Nullable Spool spool;
  private @Nullable SharedBlobs shared;
  private long bytes;
  private long replacedBytes;
  private long undos;
  private long count;
  private String doom = "";
  private boolean closed;
  private boolean inBlob;

  /**
   * @param memoryBytes more than this goes into a file
   * @param maxBytes more than this dooms the transaction
   * @param directory where the file goes
   */
  public record Limits(long memoryBytes, long maxBytes, Path directory) {}

  /** What is done to an object. */
  private sealed interface Change {
    /**
     * It is stored.
     *
     * @param place the number of the operation in memory, or where it is in the file
     */
    record Stored(Tid serial, long place, int bytes) implements Change {}

    /** Something else. */
    record Other() implements Change {}

    /** The one value of {@link Other}. */
    Change OTHER = new Other();
  }

  /**
   * @param id the number of this transaction towards the backends
   * @param begin as the client began it
   */
  public TransactionBuffer(long id, Request.TpcBegin begin, Limits limits) {
    this.id = id;
    this.begin = begin;
    this.limits = limits;
    if (begin.status().length() != 1 || !STATUSES.contains(begin.status())) {
      doom("no transaction may have the status '" + begin.status() + "'");
    }
  }

  /** The number that the client gave its transaction. */
  public Object clientsNumber() {
    return begin.transaction();
  }

  /** Why the transaction can't be committed; empty if it can. */
  public String doom() {
    return doom;
  }

  /** From now on the transaction can't be committed; the first reason counts. */
  public void doom(String why) {
    if (doom.isEmpty()) {
      doom = why;
      discard();
    }
  }

  /** Stores a revision. */
  public void store(Request.Store store) {
    changes(store.oid());
    replacedBytes += resolution.stored(store.oid());
    int length = store.data().length;
    long place = add(new Request.Store(store.oid(), store.serial(), store.data(), id), length);
    if (doom.isEmpty()) {
      changes.put(store.oid(), new Change.Stored(store.serial(), place, length));
    }
  }

  /**
   * Restores a revision, as {@code ClientStorage.copyTransactionsFrom} does. A backend checks
   * nothing about it (F5), so this much is checked here: it belongs to this very transaction, whose
   * tid is then of the client's choice.
   */
  public void restore(Request.Restore restore) {
    if (!restore.serial().equals(begin.tid())) {
      doom(
          "a revision of "
              + restore.serial()
              + " can't be restored in a transaction that was begun "
              + (begin.tid() == null ? "without a tid" : "as " + begin.tid()));
      return;
    }
    byte[] data = restore.data();
    changes(restore.oid());
    add(
        new Request.Restore(restore.oid(), restore.serial(), data, restore.previous(), id),
        data == null ? 0 : data.length);
  }

  /**
   * A blob begins. Its content goes into the file at once, whatever its size. What a backend would
   * not take in this order is not sent to any, for it would end the connection.
   */
  public void startBlob(Request.StoreBlobStart start) {
    if (inBlob) {
      doom("a blob was begun before the one before it had ended");
    }
    inBlob = true;
    add(start, 0);
  }

  /** The next part of a blob. */
  public void storeBlobChunk(Request.StoreBlobChunk chunk) {
    mustBeInBlob();
    add(chunk, chunk.chunk().length);
  }

  /** A blob is complete; this is the record that it belongs to. */
  public void endBlob(Request.StoreBlobEnd end) {
    mustBeInBlob();
    inBlob = false;
    changes(end.oid());
    add(new Request.StoreBlobEnd(end.oid(), end.serial(), end.data(), id), end.data().length);
  }

  /**
   * A blob whose file the client has put into a directory that it shares with a backend. It is not
   * copied, but read while it is sent. The file is removed when this ends, also if it was doomed.
   */
  public void storeBlobShared(Request.StoreBlobShared blob, SharedDirectory directory) {
    SharedBlobs blobs = shared;
    if (blobs == null) {
      blobs = new SharedBlobs(directory);
      shared = blobs;
    }
    if (inBlob) {
      doom("a blob was handed over before the one before it had ended");
    }
    try {
      long length = blobs.take(blob);
      changes(blob.oid());
      add(
          new Request.StoreBlobShared(blob.oid(), blob.serial(), blob.data(), blob.filename(), id),
          blob.data().length + length);
    } catch (IOException e) {
      doom(
          "the blob of object "
              + blob.oid()
              + " can't be taken from "
              + directory
              + " (blob-dir): "
              + e.getMessage());
    }
  }

  private void mustBeInBlob() {
    if (!inBlob) {
      doom("a part of a blob came, and none was begun");
    }
  }

  /** Deletes an object, as an external garbage collection does. */
  public void delete(Request.DeleteObject delete) {
    changes(delete.oid());
    add(new Request.DeleteObject(delete.oid(), delete.serial(), id), 0);
  }

  /** Undoes a transaction. Which objects that changes the vote tells. */
  public void undo(Request.Undo undo) {
    undos++;
    add(new Request.Undo(undo.undone(), id), undo.undone().length);
  }

  private void changes(Oid oid) {
    if (doom.isEmpty()) {
      changes.putIfAbsent(oid, Change.OTHER);
    }
  }

  /** Asks that a revision be current. */
  public void check(Request.CheckCurrentSerial check) {
    add(new Request.CheckCurrentSerial(check.oid(), check.serial(), id), 0);
  }

  /** Returns its place; anything if the transaction is doomed. */
  private long add(Request operation, long size) {
    if (!doom.isEmpty()) {
      return 0;
    }
    encoded.clear();
    count++;
    bytes += size + OPERATION_BYTES;
    if (Math.max(bytes - replacedBytes, replacedBytes) > limits.maxBytes()) {
      doom(
          "the transaction is larger than "
              + limits.maxBytes()
              + " bytes (max-transaction-size); commit in smaller steps");
      return 0;
    }
    try {
      Spool file = spool;
      if (file == null && (inBlob || shared != null || bytes > limits.memoryBytes())) {
        file = openSpool();
      }
      if (file != null) {
        return file.add(operation);
      }
      operations.add(operation);
    } catch (IOException e) {
      cannotBeBuffered(e);
    }
    return count - 1;
  }

  private Spool openSpool() throws IOException {
    Spool file = new Spool(limits.directory(), id);
    spool = file;
    for (Request before : operations) {
      long place = file.add(before);
      if (before instanceof Request.Store store) {
        changes.put(store.oid(), new Change.Stored(store.serial(), place, store.data().length));
      }
    }
    operations = new ArrayList<>();
    return file;
  }

  /** What it takes up in memory. */
  public long memoryBytes() {
    long inMemory = spool == null && doom.isEmpty() ? bytes * (1 + encoded.size()) : 0;
    SharedBlobs blobs = shared;
    int names = blobs == null ? 0 : blobs.count();
    return inMemory + (long) changes.size() * OID_BYTES + (long) names * NAME_BYTES;
  }

  /** Moves what was done so far into a file, unless it is little or is being sent. */
  public void spill() {
    if (spool == null && encoded.isEmpty() && doom.isEmpty() && bytes > LEAST_SPILLED_BYTES) {
      try {
        openSpool();
      } catch (IOException e) {
        cannotBeBuffered(e);
      }
    }
  }

  private void cannotBeBuffered(Exception e) {
    doom("the transaction can't be buffered in " + limits.directory() + ": " + e.getMessage());
  }

  /**
   * Nothing more is done. Sees to it that what was done can be read back: a full disk must doom the
   * transaction, rather than look like a failure of each backend that it is sent to.
   */
  public void complete() {
    if (inBlob) {
      doom("a blob was begun, and did not end before the vote");
    }
    Spool file = spool;
    if (file != null) {
      try {
        file.flush();
      } catch (IOException e) {
        cannotBeBuffered(e);
      }
    }
  }

  // Conflicts that the client is to resolve.

  /** The revisions that it stores on, by object. */
  public Map<Oid, Tid> storedOn() {
    Map<Oid, Tid> serials = new HashMap<>();
    changes.forEach((oid, change) -> {
      if (change instanceof Change.Stored stored) {
        serials.put(oid, stored.serial());
      }
    });
    return serials;
  }

  /**
   * What it stores of some objects is of no use, for there are conflicts: the client may store them
   * anew, and that takes the place of what it stored before. Reads no more than what is told.
   *
   * @param conflicts the objects, and their current revisions
   * @param maxBytes not more than this, unless it is about a single object; the other conflicts
   *     will show at the next vote
   * @return the conflicts as plain data, for the client
   * @throws IOException if it can't be read back
   */
  public PyList toResolve(Map<Oid, Tid> conflicts, long maxBytes) throws IOException {
    PyList told = new PyList();
    long size = 0;
    resolution.begin(count);
    for (Map.Entry<Oid, Tid> conflict : conflicts.entrySet()) {
      Oid oid = conflict.getKey();
      if (changes.get(oid) instanceof Change.Stored stored
          && (told.isEmpty() || size + stored.bytes() + OPERATION_BYTES <= maxBytes)) {
        size += stored.bytes() + OPERATION_BYTES;
        resolution.conflict(oid, stored.bytes());
        told.add(
            new StoreConflict(oid, conflict.getValue(), stored.serial())
                .toPlain(storedAt(stored.place())));
      }
    }
    return told;
  }

  private byte[] storedAt(long place) throws IOException {
    Spool file = spool;
    Request operation = file == null ? operations.get(Math.toIntExact(place)) : file.read(place);
    if (!(operation instanceof Request.Store store)) {
      throw new IOException("what was stored is not where it was");
    }
    return store.data();
  }

  /** What the decisions need to know of it. */
  public Transaction summary() {
    return new Transaction(
        id, List.copyOf(changes.keySet()), bytes - replacedBytes + undos * UNDO_BYTES, begin.tid());
  }

  /**
   * The tpc_begin for the backends.
   *
   * @param tid what the primary has settled on; null to pass it on to the primary, which is told
   *     the client's choice, if there is one
   */
  public Request.TpcBegin begin(@Nullable Tid tid) {
    return new Request.TpcBegin(
        id,
        begin.user(),
        begin.description(),
        begin.extension(),
        tid == null ? begin.tid() : tid,
        begin.status());
  }

  /**
   * The operations as frames, in their order. While they are in memory they are encoded once, for
   * all backends.
   *
   * @throws IOException if the transaction has ended, or can't be read back; the iterator then
   *     throws {@link java.io.UncheckedIOException}
   */
  public Operations frames(Codec codec) throws IOException {
    if (closed) {
      throw new IOException("transaction " + id + " has ended");
    }
    Spool file = spool;
    if (file != null) {
      Iterator<Request> kept = resolution.kept(file.operations());
      SharedBlobs blobs = shared;
      return Operations.of(blobs == null ? kept : blobs.contents(kept), codec, id);
    }
    return Operations.of(encoded.computeIfAbsent(codec.encoding(), encoding -> encodedBy(codec)));
  }

  private List<byte[]> encodedBy(Codec codec) {
    List<byte[]> frames = new ArrayList<>(operations.size());
    resolution
        .kept(operations.iterator())
        .forEachRemaining(operation -> frames.add(codec.encodeCall(0, operation)));
    return frames;
  }

  private void discard() {
    operations = new ArrayList<>();
    encoded.clear();
    Spool file = spool;
    spool = null;
    if (file != null) {
      file.close();
    }
  }

  /** The transaction has ended: memory and file are given back. */
  @Override
  public void close() {
    closed = true;
    discard();
    SharedBlobs blobs = shared;
    if (blobs != null) {
      blobs.close();
    }
  }
}
