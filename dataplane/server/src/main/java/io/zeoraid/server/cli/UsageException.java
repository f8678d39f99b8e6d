package io.zeoraid.server.cli;

/** The command line is well-formed and makes no sense all the same. The message says why. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  UsageException(String message) {
    super(message);
  }
}
