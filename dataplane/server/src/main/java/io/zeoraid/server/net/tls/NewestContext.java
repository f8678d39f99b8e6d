package io.zeoraid.server.net.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.SslContext;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSessionContext;

/**
 * For those who want one context for the whole life of a server: each engine, and so each new
 * connection, comes from the newest one. Any thread.
 */
final class NewestContext extends SslContext {
  private final Tls tls;

  NewestContext(Tls tls) {
    this.tls = tls;
  }

  @Override
  public boolean isClient() {
    return tls.context().isClient();
  }

  @Override
  public List<String> cipherSuites() {
    return tls.context().cipherSuites();
  }

  @Override
  public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
    return tls.context().applicationProtocolNegotiator();
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator) {
    return tls.context().newEngine(allocator);
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator, String host, int port) {
    return tls.context().newEngine(allocator, host, port);
  }

  @Override
  public SSLSessionContext sessionContext() {
    return tls.context().sessionContext();
  }
}
