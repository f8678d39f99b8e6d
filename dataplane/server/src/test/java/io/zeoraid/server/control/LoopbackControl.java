package io.zeoraid.server.control;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** The control service over a real socket on the loopback interface. */
public final class LoopbackControl implements AutoCloseable {
  private final Server server;

  private final int port;

  private LoopbackControl(Server server) {
    this.server = server;
    port = server.getPort();
  }

  public static LoopbackControl start(RaidControl control, Clockwork clockwork) throws IOException {
    return start(control, clockwork, null);
  }

  /**
   * @param tls null: without
   */
  public static LoopbackControl start(
      RaidControl control, Clockwork clockwork, @Nullable SslContext tls) throws IOException {
    return new LoopbackControl(
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .sslContext(tls)
            .addService(new RaidService(control, clockwork))
            .build()
            .start());
  }

  /** Known even when it is closed: then nobody listens there. */
  public int port() {
    return port;
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow().awaitTermination();
  }
}
