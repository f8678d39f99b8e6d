package io.zeoraid.server.net.tls;

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

  private record Side(SslConfig config, boolean server) {}

  private final ExecutorService handshakes =
      Executors.newFixedThreadPool(2, new DefaultThreadFactory("zeoraid-tls", true));
  private final ScheduledExecutorService looks =
      Executors.newSingleThreadScheduledExecutor(
          new DefaultThreadFactory("zeoraid-tls-files", true));
  private final Map<Side, Tls> known = new ConcurrentHashMap<>();

  /** TLS towards those who connect; the same one for the same section. */
  public Tls server(SslConfig config) throws IOException {
    return of(new Side(config, true));
  }

  /** TLS towards those whom this server connects to; the same one for the same section. */
  public Tls client(SslConfig config) throws IOException {
    return of(new Side(config, false));
  }

  private synchronized Tls of(Side side) throws IOException {
    Tls found = known.get(side);
    if (found != null) {
      return found;
    }
    Tls made = new Tls(side.config(), side.server(), handshakes);
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
