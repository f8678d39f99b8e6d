package io.zeoraid.server.client;

import io.netty.channel.Channel;
import io.zeoraid.config.Address;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.Sockets;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A server with one storage, 1, on the loopback interface. */
final class LoopbackServer implements AutoCloseable {
  static final ClientLimits LIMITS =
      new ClientLimits(
          Encoding.PICKLE,
          1 << 20,
          4 << 20,
          100,
          new TransactionBuffer.Limits(1 << 20, 2 << 20, Path.of(".")),
          10_000,
          false,
          false,
          ClientBudget.DEFAULT);

  final FakeStorage storage;
  final Acceptor acceptor;
  final int port;
  private final Loop loop = new Loop("test");

  LoopbackServer(ClientLimits limits) {
    storage = new FakeStorage(limits);
    Storages storages =
        new Storages() {
          @Override
          public @Nullable StorageFront find(String name) {
            return name.equals("1") ? storage : null;
          }

          @Override
          public Map<String, Map<String, @Nullable Object>> statuses() {
            return Map.of("1", storage.serverStatus());
          }
        };
    acceptor = new Acceptor(loop, storages, limits, Optional.empty());
    Channel channel =
        Sockets.listen(loop, new Address.Tcp("127.0.0.1", 0), acceptor.perConnection())
            .syncUninterruptibly()
            .channel();
    onLoop(() -> {
      acceptor.listensOn(channel);
      return true;
    });
    port = ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** Does something on the event loop, and waits for it. */
  <T> T onLoop(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    loop.execute(() -> {
      try {
        result.complete(task.call());
      } catch (Exception e) {
        result.completeExceptionally(e);
      }
    });
    return result.join();
  }

  @Override
  public void close() {
    loop.close();
  }
}
