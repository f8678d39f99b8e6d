package io.zeoraid.bench.generator;

import io.netty.channel.EventLoop;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.zeoraid.protocol.Encoding;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The load generator: all clients of a measurement run on one event loop. Its methods block and are
 * for one thread at a time.
 */
public final class Generator implements AutoCloseable {
  private static final long GRACE_SECONDS = 90;

  private final NioEventLoopGroup group;
  private final EventLoop loop;
  private final @Nullable Encoding encoding;

  /**
   * @param encoding what the clients speak; null for what a server announces
   */
  public Generator(@Nullable Encoding encoding) {
    this.encoding = encoding;
    group = new NioEventLoopGroup(1, new DefaultThreadFactory("generator", true));
    loop = group.next();
  }

  /**
   * Measures a workload against the server at this address.
   *
   * @throws BenchException if a client fails, gets a wrong answer, or is not answered
   */
  public Sample run(InetSocketAddress address, Workload workload, Span span) {
    Run run = new Run(workload, span);
    run.open(address);
    try {
      return run.done.get(GRACE_SECONDS + span.leadMillis() / 1000, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw BenchException.of(workload.name(), e);
    } catch (TimeoutException e) {
      throw new BenchException(
          workload.name() + ": no answer within " + GRACE_SECONDS + " s from " + address, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException(workload.name() + ": interrupted", e);
    } finally {
      run.close();
    }
  }

  /** A connection to ask single questions. */
  public Caller call(InetSocketAddress address) {
    return new Caller(loop, address, encoding);
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
  }

  /** One measurement: its clients, and what they have counted. Confined to the event loop. */
  final class Run {
    private final Workload workload;
    private final Span span;
    private final List<Worker> workers = new ArrayList<>();
    private final List<Connection> connections = new ArrayList<>();
    private final CompletableFuture<Sample> done = new CompletableFuture<>();
    private @Nullable Recorder recorder;
    private int prepared;
    private int underway;

    Run(Workload workload, Span span) {
      this.workload = workload;
      this.span = span;
    }

    Workload workload() {
      return workload;
    }

    void open(InetSocketAddress address) {
      for (int i = 0; i < workload.clients(); i++) {
        Worker worker =
            switch (workload.kind()) {
              case LOAD, HOT_LOAD -> new Loader(this, i);
              case COMMIT -> new Committer(this);
            };
        workers.add(worker);
        connections.add(new Connection(worker, encoding));
      }
      connections.forEach(connection -> connection.open(loop, address));
    }

    void close() {
      connections.forEach(Connection::close);
    }

    void failed(String why) {
      done.completeExceptionally(new BenchException(why));
    }

    void prepared() {
      prepared++;
      if (prepared == workers.size()) {
        // Not within the reading of one of them: each is to send as soon as it can.
        loop.execute(() -> {
          recorder = new Recorder(System.nanoTime(), span, workload.maxOperations());
          workers.forEach(Worker::begin);
        });
      }
    }

    void started() {
      underway++;
    }

    boolean ended(long began) {
      Recorder counting = recorder;
      if (counting == null) {
        throw new IllegalStateException("an operation ended before the start");
      }
      underway--;
      counting.ended(began, System.nanoTime());
      if (!counting.isOver()) {
        return true;
      }
      if (underway == 0) {
        done.complete(counting.sample());
      }
      return false;
    }
  }
}
