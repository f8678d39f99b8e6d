package io.zeoraid.bench.generator;

import java.util.concurrent.ExecutionException;

/** A measurement can't be made or would mean nothing; the message says why. */
public final class BenchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BenchException(String message) {
    super(message);
  }

  public BenchException(String message, Throwable cause) {
    super(message, cause);
  }

  /** What somebody else ran into. */
  static BenchException of(String what, ExecutionException failed) {
    Throwable cause = failed.getCause() == null ? failed : failed.getCause();
    return new BenchException(what + ": " + cause.getMessage(), failed);
  }
}
