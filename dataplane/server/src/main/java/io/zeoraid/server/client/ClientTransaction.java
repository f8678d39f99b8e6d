package io.zeoraid.server.client;

import io.zeoraid.protocol.Call;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.PyList;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.StoreConflict;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The one transaction that a client may have at a time ({@code ZEO/StorageServer.py}: tpc_begin to
 * tpc_finish). Confined to the event loop.
 */
final class ClientTransaction {
  private static final Logger LOG = Logger.getLogger(ClientTransaction.class);

  /** So much data goes into one answer to a vote, for the client to resolve. */
  private static final long CONFLICT_BYTES = 16 << 20;

  private static final String NO_SHARED_BLOBS =
      "this ZEORaid server shares no blob directory with its clients: take shared-blob-dir out of"
          + " the client's configuration, and give it a blob-dir of its own";

  private static final String NO_BLOBS = "a backend takes no blobs: its storage needs a blob-dir";

  private enum State {
    NONE,
    OPEN,
    VOTING,
    VOTED,
    FINISHING
  }

  private final ClientSession session;
  private final StorageFront storage;
  private final boolean readOnly;
  private State state = State.NONE;
  private @Nullable TransactionBuffer buffer;
  private long id;
  private long voteAsked;
  private long lastStep;

  ClientTransaction(ClientSession session, StorageFront storage, boolean readOnly) {
    this.session = session;
    this.storage = storage;
    this.readOnly = readOnly;
  }

  boolean isReadOnly() {
    return readOnly;
  }

  /** Whether no transaction is between its vote and its end. */
  boolean isIdle() {
    return state == State.NONE || state == State.OPEN;
  }

  long heldBytes() {
    TransactionBuffer open = buffer;
    return open == null ? 0 : open.memoryBytes();
  }

  /** Moves what was stored so far into a file. */
  void relieve() {
    TransactionBuffer open = buffer;
    if (open != null) {
      open.spill();
    }
  }

  /** When the vote came in. */
  long votedSince() {
    return voteAsked;
  }

  void begin(Request.TpcBegin begin) {
    TransactionBuffer open = buffer;
    if (open != null) {
      if (!open.clientsNumber().equals(begin.transaction())) {
        session.drop("it began a transaction while another one was open");
      }
      return;
    }
    id = storage.newNumber();
    TransactionBuffer fresh = new TransactionBuffer(id, begin, storage.limits().transactions());
    buffer = fresh;
    state = State.OPEN;
    if (readOnly) {
      fresh.doom("this connection is read-only");
    }
  }

  void store(Request.Store store) {
    TransactionBuffer open = openFor(store.transaction(), store.method());
    if (open != null) {
      open.store(store);
      storage.meters().stored(store.data().length);
    }
  }

  void check(Request.CheckCurrentSerial check) {
    TransactionBuffer open = openFor(check.transaction(), check.method());
    if (open != null) {
      open.check(check);
    }
  }

  void restore(Request.Restore restore) {
    TransactionBuffer open = openFor(restore.transaction(), restore.method());
    if (open != null) {
      open.restore(restore);
      byte[] data = restore.data();
      storage.meters().stored(data == null ? 0 : data.length);
    }
  }

  void delete(Request.DeleteObject delete) {
    TransactionBuffer open = openFor(delete.transaction(), delete.method());
    if (open != null) {
      open.delete(delete);
    }
  }

  void undo(Request.Undo undo) {
    TransactionBuffer open = openFor(undo.transaction(), undo.method());
    if (open != null) {
      open.undo(undo);
    }
  }

  void startBlob(Request.StoreBlobStart start) {
    TransactionBuffer open = openForBlob();
    if (open != null) {
      if (!storage.takesBlobs()) {
        open.doom(NO_BLOBS);
      }
      open.startBlob(start);
    }
  }

  void storeBlobChunk(Request.StoreBlobChunk chunk) {
    TransactionBuffer open = openForBlob();
    if (open != null) {
      open.storeBlobChunk(chunk);
      storage.meters().stored(chunk.chunk().length);
    }
  }

  void endBlob(Request.StoreBlobEnd end) {
    TransactionBuffer open = openFor(end.transaction(), end.method());
    if (open != null) {
      open.endBlob(end);
    }
  }

  void storeBlobShared(Request.StoreBlobShared blob) {
    TransactionBuffer open = openFor(blob.transaction(), blob.method());
    if (open == null || readOnly) {
      return;
    }
    if (!storage.takesBlobs()) {
      open.doom(NO_BLOBS);
    }
    storage
        .sharedDirectory()
        .ifPresentOrElse(
            directory -> open.storeBlobShared(blob, directory), () -> open.doom(NO_SHARED_BLOBS));
  }

  /** A part of a blob belongs to the transaction that is open; outside of one it is no harm. */
  private @Nullable TransactionBuffer openForBlob() {
    return state == State.OPEN ? buffer : null;
  }

  /** What was asked can't be done, and nobody listens before the vote. */
  void doom(String why) {
    TransactionBuffer open = buffer;
    if (open != null && state == State.OPEN) {
      open.doom(why);
    }
  }

  private @Nullable TransactionBuffer openFor(Object transaction, String method) {
    TransactionBuffer open = buffer;
    if (open == null || state != State.OPEN || !open.clientsNumber().equals(transaction)) {
      session.drop("it called '" + method + "' for a transaction that is not open");
      return null;
    }
    return open;
  }

  private boolean isMine(Object transaction) {
    TransactionBuffer open = buffer;
    return open != null && open.clientsNumber().equals(transaction);
  }

  void vote(Call call, Request.Vote vote) {
    TransactionBuffer open = buffer;
    if (open == null || !isMine(vote.transaction())) {
      session.fail(
          call,
          Errors.wrongTransaction(open == null ? null : open.clientsNumber(), vote.transaction()));
      return;
    }
    if (state != State.OPEN) {
      session.fail(call, Errors.storageTransaction("Already voting"));
      return;
    }
    open.complete();
    if (!open.doom().isEmpty()) {
      session.fail(call, readOnly ? Errors.readOnly() : Errors.storageTransaction(open.doom()));
      storage.meters().aborted();
      discard();
    } else {
      state = State.VOTING;
      voteAsked = System.nanoTime();
      storage.hold(id, open);
      ask(call, new ClientRequest.Vote(open.summary()));
    }
  }

  void finish(Call call, Request.TpcFinish finish) {
    if (!isMine(finish.transaction())) {
      session.reply(call, null);
    } else if (state != State.VOTED) {
      session.drop("it called 'tpc_finish' without a vote");
    } else {
      state = State.FINISHING;
      ask(call, new ClientRequest.Finish(id));
    }
  }

  void abort(Call call, Request.TpcAbort abort) {
    if (!isMine(abort.transaction())) {
      session.reply(call, null);
      return;
    }
    switch (state) {
      case NONE, OPEN -> {
        discard();
        storage.meters().aborted();
        session.reply(call, null);
      }
      case VOTING, VOTED -> {
        long ended = id;
        discard();
        ask(call, new ClientRequest.Abort(ended));
      }
      case FINISHING -> session.drop("it called 'tpc_abort' after 'tpc_finish'");
    }
  }

  private void ask(Call call, ClientRequest what) {
    lastStep = session.lastRequest() + 1;
    session.ask(call, what);
  }

  void voted() {
    state = State.VOTED;
  }

  /**
   * A request failed. If it was a vote, and what failed is a conflict about what the client stored,
   * the client gets all conflicts that are known, may store resolved data, and vote again: the
   * transaction stays open, with nobody's lock held for it ({@code ZEO/StorageServer.py}, _vote).
   * The backends have forgotten it; they need not offer such a thing.
   *
   * @return the conflicts; empty if the client is to have the error
   */
  Optional<PyList> toResolve(long request, RemoteError error) {
    TransactionBuffer open = buffer;
    if (!storage.limits().resolvesConflicts()
        || open == null
        || request != lastStep
        || state != State.VOTING) {
      return Optional.empty();
    }
    return StoreConflict.of(error).flatMap(conflict -> toResolve(open, conflict));
  }

  private Optional<PyList> toResolve(TransactionBuffer open, StoreConflict conflict) {
    try {
      Map<Oid, Tid> revisions = open.storedOn();
      if (!revisions.containsKey(conflict.oid())) {
        return Optional.empty();
      }
      Map<Oid, Tid> conflicts = new LinkedHashMap<>(storage.changedSince(revisions));
      conflicts.put(conflict.oid(), conflict.committed());
      PyList told = open.toResolve(conflicts, CONFLICT_BYTES);
      state = State.OPEN;
      return Optional.of(told);
    } catch (IOException e) {
      LOG.warnf("%s: conflicts can't be handed to it: %s", session, e.getMessage());
      return Optional.empty();
    }
  }

  void finished() {
    discard();
  }

  /** A request failed: if it was a step of the transaction, that is over. */
  void failed(long request) {
    if (request == lastStep) {
      discard();
    }
  }

  void discard() {
    TransactionBuffer ended = buffer;
    buffer = null;
    state = State.NONE;
    if (ended != null) {
      storage.release(id);
      ended.close();
    }
  }
}
