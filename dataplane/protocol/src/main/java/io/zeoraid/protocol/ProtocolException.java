package io.zeoraid.protocol;

/**
 * The peer sent what ZEO 5 does not allow; the message says what, and what is allowed. The
 * connection is of no further use.
 */
public final class ProtocolException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ProtocolException(String message) {
    super(message);
  }

  public ProtocolException(String message, Throwable cause) {
    super(message, cause);
  }
}
