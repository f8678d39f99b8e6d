package io.zeoraid.server.client;

import io.zeoraid.protocol.Call;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.PeerVote;
import io.zeoraid.protocol.PyList;
import io.zeoraid.protocol.Request;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Another ZEORaid server that follows this one ("Following" in {@code docs/replication.md}): it
 * passes on the transactions of its clients, any number at a time, and asks on their behalf.
 * Confined to the event loop.
 */
final class FollowerSession implements StorageSession, Session {

  /** A call that waits for its answer, and the transaction that ends with it. */
  private record Waiting(Object id, @Nullable Object transaction) {}

  /** A transaction that is passed on, under a number of ours. */
  private record Passed(long id, TransactionBuffer buffer) {}

  private final ClientConnection connection;
  private final Answers answers;
  private final StorageFront storage;
  private final long number;
  private final Map<Long, Waiting> waiting = new HashMap<>();

  /** By the numbers that the other server gave them. */
  private final Map<Object, Passed> transactions = new LinkedHashMap<>();

  /** Contents come one after another: a part of a blob belongs to this one. */
  private Object lastBegun = "";

  private long nextRequest;
  private boolean follows;
  private long heardAt = System.nanoTime();

  FollowerSession(ClientConnection connection, StorageFront storage) {
    this.connection = connection;
    answers = connection.answers();
    this.storage = storage;
    this.number = storage.newNumber();
  }

  @Override
  public long number() {
    return number;
  }

  @Override
  public Encoding encoding() {
    return answers.encoding();
  }

  /** It is told of transactions by the decisions, not by the broadcast. */
  @Override
  public boolean isRegistered() {
    return false;
  }

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
  public void drop(String why) {
    connection.sendAway(why);
  }

  @Override
  public boolean isIdle() {
    return transactions.isEmpty();
  }

  void follow(Call call, Request.RaidFollow follow) {
    storage.joined(this);
    connection.everyMillis(storage.limits().peerTimeoutMillis() / 4, this::lookForLife);
    ask(
        call,
        new ClientRequest.Follow(follow.primary(), follow.follower(), follow.announced()),
        null);
  }

  /**
   * A server that lives calls something all the time. One that died without a word must not hold
   * the backends' locks.
   */
  private void lookForLife() {
    long millis = storage.limits().peerTimeoutMillis();
    if (System.nanoTime() - heardAt > millis * 1_000_000) {
      connection.close("it has not called for " + millis + " ms");
    }
  }

  @Override
  public void left() {
    storage.left(this);
    transactions.values().forEach(this::release);
    transactions.clear();
    waiting.clear();
  }

  private void release(Passed passed) {
    storage.release(passed.id());
    passed.buffer().close();
  }

  // What it calls.

  @Override
  public void handle(Call call) {
    heardAt = System.nanoTime();
    if (!follows && !(call.request() instanceof Request.LastTransaction)) {
      connection.close("it called '" + call.request().method() + "' before it followed");
      return;
    }
    switch (call.request()) {
      case Request.LastTransaction last -> reply(call, storage.lastTid().toBytes());
      case Request.Ping ping -> ask(call, new ClientRequest.Ping(), null);
      case Request.NewOids oids -> ask(call, new ClientRequest.NewOids(oids.count()), null);
      case Request.TpcBegin begin -> begin(begin);
      case Request.Store store -> buffered(store.transaction(), buffer -> buffer.store(store));
      case Request.CheckCurrentSerial check ->
          buffered(check.transaction(), buffer -> buffer.check(check));
      case Request.Restore restore ->
          buffered(restore.transaction(), buffer -> buffer.restore(restore));
      case Request.DeleteObject delete ->
          buffered(delete.transaction(), buffer -> buffer.delete(delete));
      case Request.Undo undo -> buffered(undo.transaction(), buffer -> buffer.undo(undo));
      case Request.StoreBlobStart start -> buffered(lastBegun, buffer -> buffer.startBlob(start));
      case Request.StoreBlobChunk chunk ->
          buffered(lastBegun, buffer -> buffer.storeBlobChunk(chunk));
      case Request.StoreBlobEnd end -> buffered(end.transaction(), buffer -> buffer.endBlob(end));
      case Request.RaidVote vote -> vote(call, vote);
      case Request.TpcFinish finish ->
          ask(call, new ClientRequest.Finish(numberOf(finish.transaction())), finish.transaction());
      case Request.TpcAbort abort -> {
        long ended = numberOf(abort.transaction());
        end(abort.transaction());
        ask(call, new ClientRequest.Abort(ended), null);
      }
      default -> administer(call);
    }
  }

  private void administer(Call call) {
    switch (call.request()) {
      case Request.RaidReport report when !report.backend().isEmpty() ->
          storage.ask(
              this, ++nextRequest, new ClientRequest.Report(new BackendName(report.backend())));
      case Request.RaidDisable disable when !disable.backend().isEmpty() ->
          wish(call, storage.disable(new BackendName(disable.backend())));
      case Request.RaidRecover recover when !recover.backend().isEmpty() ->
          wish(call, storage.recover(new BackendName(recover.backend())));
      case Request.RaidReload reload -> wish(call, storage.reload());
      case Request.RaidPack pack -> ask(call, new ClientRequest.Pack(pack.time()), null);
      default ->
          connection.close(
              "it follows, and called '"
                  + call.request().method()
                  + "', which a ZEORaid server does not call");
    }
  }

  private void begin(Request.TpcBegin begin) {
    end(begin.transaction());
    long id = storage.newNumber();
    TransactionBuffer buffer = new TransactionBuffer(id, begin, storage.limits().transactions());
    transactions.put(begin.transaction(), new Passed(id, buffer));
    lastBegun = begin.transaction();
  }

  private void buffered(Object transaction, Consumer<TransactionBuffer> operation) {
    Passed passed = transactions.get(transaction);
    if (passed != null) {
      operation.accept(passed.buffer());
    }
  }

  private long numberOf(Object transaction) {
    Passed passed = transactions.get(transaction);
    return passed == null ? 0 : passed.id();
  }

  private void end(Object transaction) {
    Passed passed = transactions.remove(transaction);
    if (passed != null) {
      release(passed);
    }
  }

  private void vote(Call call, Request.RaidVote vote) {
    Object transaction = vote.transaction();
    Passed passed = transactions.get(transaction);
    if (passed == null) {
      answers.fail(call.id(), Errors.storageTransaction("there is no such transaction"));
      return;
    }
    passed.buffer().complete();
    if (!passed.buffer().doom().isEmpty()) {
      answers.fail(call.id(), Errors.storageTransaction(passed.buffer().doom()));
      end(transaction);
      return;
    }
    storage.hold(passed.id(), passed.buffer());
    ask(call, new ClientRequest.Vote(passed.buffer().summary(), vote.again()), transaction);
  }

  private void wish(Call call, CompletionStage<String> wish) {
    wish.whenComplete((text, refusal) -> {
      if (refusal == null) {
        reply(call, text);
      } else {
        answers.fail(call.id(), Errors.valueError(String.valueOf(refusal.getMessage())));
      }
    });
  }

  private void ask(Call call, ClientRequest what, @Nullable Object transaction) {
    long request = ++nextRequest;
    waiting.put(request, new Waiting(call.id(), transaction));
    storage.ask(this, request, what);
  }

  private void reply(Call call, @Nullable Object value) {
    answers.reply(call.id(), value);
  }

  // What it is answered.

  @Override
  public void answered(long request, ClientReply reply) {
    Waiting asked = waiting.remove(request);
    if (asked == null) {
      return;
    }
    Object transaction = asked.transaction();
    switch (reply) {
      case ClientReply.Following following -> {
        follows = connection.admitServer();
        if (follows) {
          answers.reply(asked.id(), following.from().toPlain());
        } else {
          connection.close("too many servers follow this one already");
        }
      }
      case ClientReply.Voted voted ->
          answers.reply(asked.id(), new PeerVote(voted.tid(), voted.resolved()).toPlain());
      case ClientReply.Oids given -> {
        PyList oids = new PyList();
        given.oids().forEach(oid -> oids.add(oid.toBytes()));
        answers.reply(asked.id(), oids);
      }
      case ClientReply.Done done -> {
        if (transaction != null) {
          end(transaction);
        }
        answers.reply(asked.id(), null);
      }
      case ClientReply.Failed failed -> {
        if (transaction != null) {
          end(transaction);
        }
        answers.fail(asked.id(), failed.error());
      }
      default -> connection.close("a defect of this server: it was answered " + reply);
    }
  }
}
