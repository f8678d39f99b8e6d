package io.zeoraid.server.net.tls;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
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
      context.fireExceptionCaught(words(cause));
    }
    context.close();
  }

  private static IOException words(Throwable cause) {
    return switch (cause) {
      case ClosedChannelException _ -> new IOException("it was closed during the TLS handshake");
      case SslHandshakeTimeoutException _ ->
          new TlsException("it did not finish the TLS handshake in time (or does not speak TLS)");
      case NotSslRecordException _ -> new TlsException("it does not speak TLS");
      case SSLException refused -> new TlsException("TLS: " + innermost(refused), refused);
      default -> new IOException(String.valueOf(cause.getMessage()), cause);
    };
  }

  private static String innermost(Throwable cause) {
    Throwable inner = cause;
    while (inner.getCause() != null) {
      inner = inner.getCause();
    }
    String message = inner.getMessage();
    return message == null ? inner.getClass().getSimpleName() : message;
  }
}
