package io.zeoraid.server.cli;

import io.netty.handler.ssl.SslContext;
import io.quarkus.arc.Unremovable;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.vertx.grpc.VertxServerBuilder;
import io.zeoraid.config.SslConfig;
import io.zeoraid.server.net.tls.TlsFiles;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes Quarkus's gRPC server speak TLS with the same files, read and read again in the same way,
 * as the ZEO port. Why not by Quarkus's own settings: {@code docs/adr/0015}.
 */
@Singleton
@Unremovable
class ControlOverTls implements ServerBuilderCustomizer<VertxServerBuilder> {
  /** gRPC's own default is two minutes. */
  private static final long HANDSHAKE_SECONDS = 10;

  /** Quarkus builds the gRPC server before any code of ours runs in it. Set once, before that. */
  private static volatile @Nullable SslContext context;

  private static volatile boolean inForce;

  /**
   * Reads the files, and lets the server that Quarkus will start use them.
   *
   * @throws StartException if they can't be used; says why
   */
  static void use(SslConfig ssl) throws StartException {
    try {
      // For the life of the process; its one thread is a daemon.
      context = new TlsFiles().grpcServer(ssl);
    } catch (IOException e) {
      throw new StartException("<control-ssl> in <zeo>: " + e.getMessage(), e);
    }
  }

  /** Whether the server that Quarkus has started speaks TLS. */
  static boolean inForce() {
    return inForce;
  }

  @Override
  public void customize(GrpcServerConfiguration settings, VertxServerBuilder builder) {
    SslContext tls = context;
    if (tls != null) {
      builder.nettyBuilder().sslContext(tls);
      builder.handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
      inForce = true;
    }
  }
}
