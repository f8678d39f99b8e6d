package io.zeoraid.server.net.tls;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLException;

/** Why TLS failed, in words. "It" is the other side. */
public final class TlsTrouble {
  private TlsTrouble() {}

  /** What ended a connection, as an error whose message is for people. */
  public static IOException of(Throwable cause) {
    return switch (cause) {
      case ClosedChannelException _ -> new IOException("it was closed during the TLS handshake");
      case SslHandshakeTimeoutException _ ->
          new TlsException("it did not finish the TLS handshake in time (or does not speak TLS)");
      case NotSslRecordException _ -> new TlsException("it does not speak TLS");
      case SSLException refused -> new TlsException("TLS: " + innermost(refused), refused);
      default -> new IOException(String.valueOf(cause.getMessage()), cause);
    };
  }

  static String innermost(Throwable cause) {
    Throwable inner = cause;
    while (inner.getCause() != null) {
      inner = inner.getCause();
    }
    String message = inner.getMessage();
    return message == null ? inner.getClass().getSimpleName() : message;
  }
}
