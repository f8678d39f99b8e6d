package io.zeoraid.server.net.tls;

import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.zeoraid.config.SslConfig;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * All of a server's TLS, and the threads for it: one that looks every two seconds whether a file
 * has changed, two for handshakes. They start when they are first needed. Any thread.
 */
public final class TlsFiles implements AutoCloseable {
  private static final long LOOK_SECONDS = 2;

  private record Side(SslConfig config, Contexts.Use use) {}

  private final ExecutorService handshakes =
      Executors.newFixedThreadPool(2, new DefaultThreadFactory("zeoraid-tls", true));
  private final ScheduledExecutorService looks =
      Executors.newSingleThreadScheduledExecutor(
          new DefaultThreadFactory("zeoraid-tls-files", true));
  private final Map<Side, Tls> known = new ConcurrentHashMap<>();

  /** TLS towards those who connect; the same one for the same section. */
  public Tls server(SslConfig config) throws IOException {
    return of(new Side(config, Contexts.Use.ZEO_SERVER));
  }

  /** TLS towards those whom this server connects to; the same one for the same section. */
  public Tls client(SslConfig config) throws IOException {
    return of(new Side(config, Contexts.Use.ZEO_CLIENT));
  }

  /** TLS for a gRPC server: each new connection uses what the files held when last found good. */
  public SslContext grpcServer(SslConfig config) throws IOException {
    return new NewestContext(of(new Side(config, Contexts.Use.GRPC_SERVER)));
  }

  /** TLS for a gRPC client that ends soon: reads the files now and never again. */
  public static SslContext grpcClient(SslConfig config) throws IOException {
    return Contexts.read(config, Contexts.Use.GRPC_CLIENT);
  }

  private synchronized Tls of(Side side) throws IOException {
    Tls found = known.get(side);
    if (found != null) {
      return found;
    }
    Tls made = new Tls(side.config(), side.use(), handshakes);
    if (known.isEmpty()) {
      looks.scheduleWithFixedDelay(
          () -> known.values().forEach(Tls::refresh), LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    }
    known.put(side, made);
    return made;
  }

  @Override
  public void close() {
    looks.shutdownNow();
    handshakes.shutdownNow();
  }
}
