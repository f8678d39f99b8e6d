package io.zeoraid.server.client;

import io.zeoraid.protocol.Call;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.PyList;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.raid.status.BackendStatus;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client that is registered with a storage ({@code ZEO/StorageServer.py}, ZEOStorage): turns its
 * calls into requests to the RAID, and the RAID's replies into answers. Confined to the event loop.
 */
public final class ClientSession implements StorageSession, Session {

  /** A call that waits for its answer. */
  private record Waiting(Object id, long since, Kind kind, int bytes) {}

  private enum Kind {
    LOAD,
    /** A load of which the client wants only the serial. */
    TID,
    /** An asynchronous call, which counts as one in flight nevertheless. */
    WITHOUT_REPLY,
    OTHER
  }

  private final ClientConnection connection;
  private final Answers answers;
  private final StorageFront storage;
  private final ClientTransaction transaction;
  private final long number;
  private final Map<Long, Waiting> waiting = new HashMap<>();
  private boolean registered;
  private long nextRequest;

  ClientSession(ClientConnection connection, StorageFront storage, boolean readOnly) {
    this.connection = connection;
    answers = connection.answers();
    this.storage = storage;
    this.number = storage.newNumber();
    this.transaction = new ClientTransaction(this, storage, readOnly);
  }

  /** Its number towards the decisions. */
  @Override
  public long number() {
    return number;
  }

  /** How its messages are serialised. */
  @Override
  public Encoding encoding() {
    return answers.encoding();
  }

  @Override
  public boolean isIdle() {
    return transaction.isIdle() && waiting.isEmpty();
  }

  void register(Call call) {
    storage.joined(this);
    ask(call, new ClientRequest.Register());
  }

  @Override
  public void left() {
    storage.left(this);
    transaction.discard();
    waiting.clear();
  }

  /** Ends the connection. */
  @Override
  public void drop(String why) {
    connection.close(why);
  }

  @Override
  public long heldBytes() {
    return transaction.heldBytes();
  }

  @Override
  public void relieve() {
    transaction.relieve();
  }

  // What the client calls.

  /** A transaction whose beginning is not kept, because it is too long. */
  void beginDoomed(Request.TpcBegin begin, String why) {
    byte[] nothing = {};
    transaction.begin(
        new Request.TpcBegin(
            begin.transaction(), nothing, nothing, nothing, begin.tid(), begin.status()));
    transaction.doom(why);
  }

  @Override
  public void handle(Call call) {
    switch (call.request()) {
      case Request.LoadBefore load -> ask(call, new ClientRequest.Load(load.oid(), load.before()));
      case Request.LoadSerial load ->
          ask(call, new ClientRequest.LoadSerial(load.oid(), load.serial()));
      case Request.GetTid tid -> ask(call, new ClientRequest.Load(tid.oid(), Tid.MAX), Kind.TID);
      case Request.LastTransaction last -> reply(call, storage.lastTid().toBytes());
      case Request.Ping ping -> ask(call, new ClientRequest.Ping());
      case Request.GetInvalidations since ->
          ask(call, new ClientRequest.Invalidations(since.since()));
      case Request.GetInfo info -> reply(call, storage.info());
      case Request.ServerStatus status -> reply(call, storage.serverStatus());
      case Request.NewOids oids -> {
        if (transaction.isReadOnly()) {
          fail(call, Errors.readOnly());
        } else {
          ask(call, new ClientRequest.NewOids(oids.count()));
        }
      }
      case Request.TpcBegin begin -> transaction.begin(begin);
      case Request.Store store -> transaction.store(store);
      case Request.CheckCurrentSerial check -> transaction.check(check);
      case Request.Restore restore -> transaction.restore(restore);
      case Request.DeleteObject delete -> transaction.delete(delete);
      case Request.Undo undo -> transaction.undo(undo);
      case Request.StoreBlobStart start -> transaction.startBlob(start);
      case Request.StoreBlobChunk chunk -> transaction.storeBlobChunk(chunk);
      case Request.StoreBlobEnd end -> transaction.endBlob(end);
      case Request.StoreBlobShared shared -> transaction.storeBlobShared(shared);
      case Request.Vote vote -> transaction.vote(call, vote);
      case Request.TpcFinish finish -> transaction.finish(call, finish);
      case Request.TpcAbort abort -> transaction.abort(call, abort);
      case Request.RaidStatus status -> reply(call, storage.status().state().word());
      case Request.RaidDetails details -> reply(call, details());
      case Request.RaidDisable disable -> wish(call, disable.backend(), storage::disable);
      case Request.RaidRecover recover -> wish(call, recover.backend(), storage::recover);
      case Request.RaidReload reload -> wish(call, storage.reload());
      case Request.Refused refused -> fail(call, refused.error());
      case Request.Pack pack -> pack(call, pack);
      case Request.History _,
          Request.UndoLog _,
          Request.UndoInfo _,
          Request.RecordIternext _,
          Request.IteratorStart _,
          Request.IteratorNext _,
          Request.IteratorRecordStart _,
          Request.IteratorRecordNext _,
          Request.IteratorGc _,
          Request.SendBlob _ ->
          browse(call);
      default -> unsupported(call);
    }
  }

  private void browse(Call call) {
    ask(
        call,
        new ClientRequest.Browse(call.request()),
        call.async() ? Kind.WITHOUT_REPLY : Kind.OTHER);
  }

  /** Also for clients that only read ({@code ZEO/StorageServer.py}, pack). */
  private void pack(Call call, Request.Pack pack) {
    if (!pack.await()) {
      reply(call, null);
    }
    ask(call, new ClientRequest.Pack(pack.time()), pack.await() ? Kind.OTHER : Kind.WITHOUT_REPLY);
  }

  /** A method that ZEO 5 has and this server has not yet. */
  private void unsupported(Call call) {
    String text = "ZEORaid does not support " + call.request().method() + " yet";
    if (call.async()) {
      transaction.doom(text);
    } else {
      fail(call, Errors.unsupported(text));
    }
  }

  private Map<String, Object> details() {
    Map<String, Object> details = new LinkedHashMap<>();
    for (BackendStatus backend : storage.status().backends()) {
      details.put(backend.name().value(), backend.text());
    }
    return details;
  }

  private void wish(
      Call call, String backend, Function<BackendName, CompletionStage<String>> wish) {
    if (backend.isEmpty()) {
      fail(call, Errors.valueError("a backend needs a name"));
    } else {
      wish(call, wish.apply(new BackendName(backend)));
    }
  }

  private void wish(Call call, CompletionStage<String> wish) {
    int bytes = connection.calls().asked();
    wish.whenComplete((text, refusal) -> {
      connection.calls().answered(bytes);
      if (refusal == null) {
        reply(call, text);
      } else {
        fail(call, Errors.valueError(String.valueOf(refusal.getMessage())));
      }
    });
  }

  void ask(Call call, ClientRequest what) {
    ask(call, what, what instanceof ClientRequest.Load ? Kind.LOAD : Kind.OTHER);
  }

  private void ask(Call call, ClientRequest what, Kind kind) {
    long request = ++nextRequest;
    waiting.put(
        request, new Waiting(call.id(), System.nanoTime(), kind, connection.calls().asked()));
    storage.ask(this, request, what);
  }

  void reply(Call call, @Nullable Object value) {
    if (!call.async()) {
      answers.reply(call.id(), value);
    }
  }

  void fail(Call call, RemoteError error) {
    if (!call.async()) {
      answers.fail(call.id(), error);
    }
  }

  // What the RAID says.

  /** The answer to a request. */
  @Override
  public void answered(long request, ClientReply reply) {
    Waiting asked = waiting.remove(request);
    if (asked == null) {
      return;
    }
    connection.calls().answered(asked.bytes());
    if (asked.kind() == Kind.WITHOUT_REPLY) {
      return;
    }
    switch (reply) {
      case ClientReply.Revision revision -> {
        answerLoad(asked, revision.loaded());
        storage.meters().loadAnswered(System.nanoTime() - asked.since());
      }
      case ClientReply.Registered now -> {
        registered = true;
        answers.reply(asked.id(), now.lastTid().toBytes());
      }
      case ClientReply.Changed changed ->
          answers.reply(asked.id(), Arrays.asList(changed.upTo().toBytes(), bytes(changed.oids())));
      case ClientReply.ChangesUnknown unknown -> answers.reply(asked.id(), null);
      case ClientReply.Data data -> answers.reply(asked.id(), data.data());
      case ClientReply.Value value -> answers.replyIfPossible(asked.id(), value.value());
      case ClientReply.Oids oids -> answers.reply(asked.id(), bytes(oids.oids()));
      case ClientReply.Voted voted -> {
        transaction.voted();
        answers.reply(asked.id(), bytes(voted.resolved()));
      }
      case ClientReply.Finished finished -> {
        transaction.finished();
        answers.tell(new ServerMessage.Info(storage.sizes()));
        answers.reply(asked.id(), finished.tid().toBytes());
        storage.meters().committed(System.nanoTime() - transaction.votedSince());
      }
      case ClientReply.Following following ->
          throw new IllegalStateException("a ZEO client does not follow");
      case ClientReply.Done done -> answers.reply(asked.id(), null);
      case ClientReply.Failed failed -> {
        if (asked.kind() == Kind.OTHER) {
          Optional<PyList> conflicts = transaction.toResolve(request, failed.error());
          if (conflicts.isPresent()) {
            answers.reply(asked.id(), conflicts.get());
            return;
          }
          transaction.failed(request);
        } else {
          storage.meters().loadAnswered(System.nanoTime() - asked.since());
        }
        answers.fail(asked.id(), failed.error());
      }
    }
  }

  private void answerLoad(Waiting asked, @Nullable Loaded loaded) {
    if (asked.kind() == Kind.TID && loaded != null) {
      answers.reply(asked.id(), loaded.serial().toBytes());
    } else {
      answers.reply(asked.id(), revision(loaded));
    }
  }

  /** The number of the request that was asked last. */
  long lastRequest() {
    return nextRequest;
  }

  private static @Nullable Object revision(@Nullable Loaded loaded) {
    if (loaded == null) {
      return null;
    }
    Tid next = loaded.next();
    return Arrays.asList(
        loaded.data(), loaded.serial().toBytes(), next == null ? null : next.toBytes());
  }

  private static PyList bytes(List<Oid> oids) {
    PyList list = new PyList();
    oids.forEach(oid -> list.add(oid.toBytes()));
    return list;
  }

  /** Whether it is told of transactions. */
  @Override
  public boolean isRegistered() {
    return registered;
  }

  /** Sends a whole frame that may be shared with other sessions. */
  @Override
  public void send(byte[] frame) {
    answers.write(frame);
  }

  @Override
  public boolean isWritable() {
    return answers.isWritable();
  }

  @Override
  public void whenWritable(Runnable task) {
    answers.whenWritable(task);
  }

  @Override
  public String toString() {
    return connection.toString();
  }
}
