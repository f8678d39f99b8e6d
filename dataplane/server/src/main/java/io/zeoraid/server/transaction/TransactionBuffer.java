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
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
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

  /** Memory for the oid of a changed object, which stays there. */
  private static final int OID_BYTES = 100;

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
  private final Set<Oid> oids = new LinkedHashSet<>();
  private final Map<Encoding, List<byte[]>> encoded = new EnumMap<>(Encoding.class);
  private List<Request> operations = new ArrayList<>();
  private @Nullable Spool spool;
  private @Nullable SharedBlobs shared;
  private long bytes;
  private long undos;
  private long count;
  private @Nullable Resolution resolution;
  private String doom = "";
  private boolean closed;
  private boolean inBlob;

  /**
   * @param memoryBytes more than this goes into a file
   * @param maxBytes more than this dooms the transaction
   * @param directory where the file goes
   */
  public record Limits(long memoryBytes, long maxBytes, Path directory) {}

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
    Resolution resolving = resolution;
    if (resolving != null) {
      bytes -= resolving.stored(store.oid());
    }
    add(new Request.Store(store.oid(), store.serial(), store.data(), id), store.data().length);
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
      oids.add(oid);
    }
  }

  /** Asks that a revision be current. */
  public void check(Request.CheckCurrentSerial check) {
    add(new Request.CheckCurrentSerial(check.oid(), check.serial(), id), 0);
  }

  private void add(Request operation, long size) {
    if (!doom.isEmpty()) {
      return;
    }
    encoded.clear();
    count++;
    bytes += size + OPERATION_BYTES;
    if (bytes > limits.maxBytes()) {
      doom(
          "the transaction is larger than "
              + limits.maxBytes()
              + " bytes (max-transaction-size); commit in smaller steps");
      return;
    }
    try {
      Spool file = spool;
      if (file == null && (inBlob || shared != null || bytes > limits.memoryBytes())) {
        file = openSpool();
      }
      if (file == null) {
        operations.add(operation);
      } else {
        file.add(operation);
      }
    } catch (IOException e) {
      cannotBeBuffered(e);
    }
  }

  private Spool openSpool() throws IOException {
    Spool file = new Spool(limits.directory(), id);
    spool = file;
    for (Request before : operations) {
      file.add(before);
    }
    operations = new ArrayList<>();
    return file;
  }

  /** What it takes up in memory. */
  public long memoryBytes() {
    long inMemory = spool == null && doom.isEmpty() ? bytes * (1 + encoded.size()) : 0;
    SharedBlobs blobs = shared;
    int names = blobs == null ? 0 : blobs.count();
    return inMemory + (long) oids.size() * OID_BYTES + (long) names * NAME_BYTES;
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
    leaveOutTheResolved();
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

  /**
   * The revisions that it stores on, by object.
   *
   * @throws IOException if it can't be read back
   */
  public Map<Oid, Tid> storedOn() throws IOException {
    Map<Oid, Tid> serials = new HashMap<>();
    read(store -> serials.put(store.oid(), store.serial()));
    return serials;
  }

  /**
   * What it stores of some objects is of no use, for there are conflicts: the client may store them
   * anew, and that takes the place of what it stored before.
   *
   * @param conflicts the objects, and their current revisions
   * @param maxBytes not more data than this, unless it is about a single object; the other
   *     conflicts will show at the next vote
   * @return the conflicts as plain data, for the client
   * @throws IOException if it can't be read back
   */
  public PyList toResolve(Map<Oid, Tid> conflicts, long maxBytes) throws IOException {
    PyList told = new PyList();
    Resolution resolving = new Resolution(count);
    long[] size = {0};
    read(store -> {
      Tid committed = conflicts.get(store.oid());
      byte[] data = store.data();
      if (committed != null && (told.isEmpty() || size[0] + data.length <= maxBytes)) {
        size[0] += data.length;
        resolving.conflict(store);
        told.add(new StoreConflict(store.oid(), committed, store.serial()).toPlain(data));
      }
    });
    resolution = resolving;
    return told;
  }

  private void read(Consumer<Request.Store> stores) throws IOException {
    Spool file = spool;
    try {
      for (Iterator<Request> it = file == null ? operations.iterator() : file.operations();
          it.hasNext(); ) {
        if (it.next() instanceof Request.Store store) {
          stores.accept(store);
        }
      }
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void leaveOutTheResolved() {
    Resolution resolving = resolution;
    resolution = null;
    if (resolving == null || resolving.isEmpty() || !doom.isEmpty()) {
      return;
    }
    Spool file = spool;
    count = 0;
    if (file == null) {
      List<Request> kept = new ArrayList<>();
      resolving.kept(operations.iterator()).forEachRemaining(kept::add);
      operations = kept;
      count = kept.size();
      return;
    }
    try {
      Spool fresh = new Spool(limits.directory(), id);
      spool = fresh;
      for (Iterator<Request> it = resolving.kept(file.operations()); it.hasNext(); count++) {
        fresh.add(it.next());
      }
    } catch (IOException | UncheckedIOException e) {
      cannotBeBuffered(e);
    } finally {
      file.close();
    }
  }

  /** What the decisions need to know of it. */
  public Transaction summary() {
    return new Transaction(id, List.copyOf(oids), bytes + undos * UNDO_BYTES, begin.tid());
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
      SharedBlobs blobs = shared;
      return blobs == null
          ? file.frames(codec)
          : Operations.of(blobs.contents(file.operations()), codec, id);
    }
    return Operations.of(
        encoded.computeIfAbsent(
            codec.encoding(),
            encoding -> operations.stream().map(op -> codec.encodeCall(0, op)).toList()));
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
