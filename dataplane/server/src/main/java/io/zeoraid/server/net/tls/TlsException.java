package io.zeoraid.server.net.tls;

import java.io.IOException;

/**
 * TLS can't be used: a file is not as it must be, or a peer did not prove who it is. For people.
 */
public final class TlsException extends IOException {
  private static final long serialVersionUID = 1;

  public TlsException(String message) {
    super(message);
  }

  TlsException(String message, Throwable cause) {
    super(message, cause);
  }
}
