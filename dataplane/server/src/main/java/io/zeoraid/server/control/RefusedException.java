package io.zeoraid.server.control;

import io.grpc.Metadata;
import io.zeoraid.raid.BackendName;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * A wish was understood and is not granted. The message says why, and what would help, to the
 * person who asked.
 */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why, for programs. */
  public enum Reason {
    /** There is no storage or backend of that name. */
    UNKNOWN_NAME,
    /** The request makes no sense, whatever the state. */
    SENSELESS,
    /** It would not be safe, or there is nothing to do, in the present state. */
    NOT_IN_THIS_STATE,
    /**
     * It can't be told or done at present (no primary, record store away): asking again later may
     * help.
     */
    NOT_NOW
  }

  /**
   * The gRPC trailer that carries the {@link Reason} of a refusal. It tells a refusal from what
   * gRPC itself reports with the same status.
   */
  public static final Metadata.Key<String> TRAILER =
      Metadata.Key.of("zeoraid-reason", Metadata.ASCII_STRING_MARSHALLER);

  private final Reason reason;

  /**
   * @param message a whole sentence for people
   */
  public RefusedException(Reason reason, String message) {
    // No stack trace: this is an answer, not a fault.
    super(message, null, false, false);
    this.reason = reason;
  }

  /** There is no such backend; names those that there are. */
  public static RefusedException unknownBackend(
      String storage, BackendName backend, Collection<BackendName> known) {
    return new RefusedException(
        Reason.UNKNOWN_NAME,
        "storage %s has no backend %s; it has: %s."
            .formatted(
                storage,
                backend,
                known.stream().map(BackendName::value).collect(Collectors.joining(", "))));
  }

  /** There is no such storage; names those that there are. */
  public static RefusedException unknownStorage(String storage, Collection<String> known) {
    return new RefusedException(
        Reason.UNKNOWN_NAME,
        known.isEmpty()
            ? "there is no storage %s: this server has not opened any yet.".formatted(storage)
            : "there is no storage %s; this server has: %s."
                .formatted(storage, String.join(", ", known)));
  }

  /** Why, for programs. */
  public Reason reason() {
    return reason;
  }
}
