package io.zeoraid.bench.generator;

import io.netty.channel.EventLoop;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A client that waits for each answer. Blocks; for one thread at a time. */
public final class Caller implements AutoCloseable {
  private static final long SECONDS = 30;
  private static final int OBJECTS_PER_TRANSACTION = 100;
  private static final byte[] NO_TEXT = {};

  private final EventLoop loop;
  private final Connection connection;
  private final CompletableFuture<Tid> registered = new CompletableFuture<>();
  private volatile CompletableFuture<@Nullable Object> answer = new CompletableFuture<>();
  private volatile @Nullable String trouble;
  private long calls = Connection.FIRST_CALL;

  Caller(EventLoop loop, InetSocketAddress address, @Nullable Encoding encoding) {
    this.loop = loop;
    connection = new Connection(new Answers(), encoding);
    connection.open(loop, address);
  }

  private final class Answers implements Connection.Client {
    @Override
    public void ready(Connection ready, Tid last) {
      registered.complete(last);
    }

    @Override
    public void replied(long call, @Nullable Object value) {
      answer.complete(value);
    }

    @Override
    public void failed(String why) {
      trouble = why;
      registered.completeExceptionally(new BenchException(why));
      answer.completeExceptionally(new BenchException(why));
    }
  }

  /** The last transaction when the storage was registered. */
  public Tid register() {
    return await(registered, "register");
  }

  /** Calls and waits. */
  public @Nullable Object ask(Request request) {
    register();
    CompletableFuture<@Nullable Object> waiting = new CompletableFuture<>();
    answer = waiting;
    String failed = trouble;
    if (failed != null) {
      throw new BenchException(request.method() + ": " + failed);
    }
    long call = calls++;
    loop.execute(() -> connection.send(call, request));
    return request.isAsync() ? null : await(waiting, request.method());
  }

  /** Commits the objects that are loaded later ({@link Records}). */
  public void fill() {
    long transaction = 0;
    for (int first = 1; first <= Records.COUNT; first += OBJECTS_PER_TRANSACTION) {
      transaction++;
      ask(new Request.TpcBegin(transaction, NO_TEXT, NO_TEXT, Map.of(), null, " "));
      for (int i = first; i < first + OBJECTS_PER_TRANSACTION; i++) {
        Oid oid = new Oid(i);
        ask(new Request.Store(oid, Tid.NONE, Records.of(oid), transaction));
      }
      Results.vote(ask(new Request.Vote(transaction)));
      Results.tid(ask(new Request.TpcFinish(transaction)));
    }
  }

  private static <T extends @Nullable Object> T await(CompletableFuture<T> future, String what) {
    try {
      return future.get(SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw BenchException.of(what, e);
    } catch (TimeoutException e) {
      throw new BenchException(what + ": no answer within " + SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException(what + ": interrupted", e);
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
