package io.zeoraid.server.net.tls;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import javax.net.ssl.SSLException;

/**
 * Between TLS and what is spoken over it: the handlers behind it hear of a connection when the
 * handshake is over, and of what fails in words, once.
 */
final class TlsGuard extends ChannelInboundHandlerAdapter {
  private boolean active;
  private boolean failed;

  @Override
  public void channelActive(ChannelHandlerContext context) {
    // Later, when it is known who is there.
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslCloseCompletionEvent) {
      // The peer has said that it ends. TLS 1.3 would let this side go on; ZEO's client waits for
      // it.
      context.close();
    } else if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
      context.fireUserEventTriggered(event);
    } else if (!handshake.isSuccess()) {
      fail(context, handshake.cause());
    } else if (!active) {
      active = true;
      context.fireChannelActive();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    Throwable plain =
        cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
    if (plain instanceof SSLException || !active) {
      fail(context, plain);
    } else {
      context.fireExceptionCaught(cause);
    }
  }

  private void fail(ChannelHandlerContext context, Throwable cause) {
    if (!failed) {
      failed = true;
      context.fireExceptionCaught(TlsTrouble.of(cause));
    }
    context.close();
  }
}
