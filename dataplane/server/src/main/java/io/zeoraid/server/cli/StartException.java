package io.zeoraid.server.cli;

/**
 * The server can't start. The message says to people why, and what to do; it is printed without a
 * stack trace.
 */
public final class StartException extends Exception {
  private static final long serialVersionUID = 1;

  /**
   * @param message a whole sentence for people
   */
  public StartException(String message) {
    super(message);
  }

  /**
   * @param message a whole sentence for people
   * @param cause logged for developers
   */
  public StartException(String message, Throwable cause) {
    super(message, cause);
  }
}
