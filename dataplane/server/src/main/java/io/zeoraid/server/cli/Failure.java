package io.zeoraid.server.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.zeoraid.config.Address;
import io.zeoraid.server.control.RefusedException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;

/** Why a question to a server got no answer, in words. */
sealed interface Failure {

  /** A whole text for people; may have several lines. */
  String message();

  /** The server understood and said no, or has a defect. */
  record Refused(String message) implements Failure {}

  /** There was no answer of a ZEORaid server, or no further one. */
  record Unreachable(String message) implements Failure {}

  /** What this error of gRPC means. */
  static Failure of(StatusRuntimeException error, ConnectionOptions.Target target) {
    Status status = error.getStatus();
    var trailers = error.getTrailers();
    String description = status.getDescription() == null ? "" : status.getDescription();
    if (trailers != null && trailers.containsKey(RefusedException.TRAILER)) {
      return new Refused(description);
    }
    return switch (status.getCode()) {
      case UNAVAILABLE -> new Unreachable(unreachable(status, target));
      case DEADLINE_EXCEEDED ->
          new Unreachable(
              """
              %s did not answer within %d s. It may be overloaded or hung: look at its log and at its \
              /q/health/live; or wait longer with --timeout SECONDS.\
              """
                  .formatted(service(target), target.timeout().toSeconds()));
      case UNIMPLEMENTED, UNKNOWN, CANCELLED ->
          new Unreachable(
              "what answers at %s is not the control service of ZEORaid (%s). %s"
                  .formatted(target.control(), status.getCode(), whereToLook(target)));
      case OK,
          INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          RESOURCE_EXHAUSTED,
          FAILED_PRECONDITION,
          ABORTED,
          OUT_OF_RANGE,
          INTERNAL,
          DATA_LOSS,
          UNAUTHENTICATED ->
          new Refused(description.isEmpty() ? status.getCode().toString() : description);
    };
  }

  /** What this error of gRPC means when it ends a stream that has had answers. */
  static Failure ofStream(StatusRuntimeException error, ConnectionOptions.Target target) {
    Failure failure = of(error, target);
    return switch (failure) {
      case Refused refused -> refused;
      case Unreachable unreachable ->
          new Unreachable(
              "the connection to %s was lost: the server has stopped, or the network is down."
                  .formatted(service(target)));
    };
  }

  private static String unreachable(Status status, ConnectionOptions.Target target) {
    return TlsFailure.reason(status, target)
        .map(tls -> "can't ask %s: %s.".formatted(service(target), tls))
        .orElseGet(() ->
            "can't reach %s: %s. Check that 'zeoraid serve' runs there. %s"
                .formatted(service(target), reason(status), whereToLook(target)));
  }

  private static String reason(Status status) {
    for (Throwable cause = status.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof UnknownHostException) {
        return "there is no host of that name";
      }
      if (cause instanceof ConnectException) {
        return "nobody listens there, or a firewall is in between";
      }
      if (cause instanceof IOException && cause.getMessage() != null) {
        return cause.getMessage();
      }
    }
    return status.getDescription() == null ? "the connection was lost" : status.getDescription();
  }

  private static String service(ConnectionOptions.Target target) {
    return "the control service at " + target.control();
  }

  private static String whereToLook(ConnectionOptions.Target target) {
    Address.Tcp control = target.control();
    return target.zeoPort() == 0
        ? "%s was given with --control or ZEORAID_CONTROL; the server logs where its control service listens."
            .formatted(control)
        : ("%d is the ZEO port %d (-p) plus 10000. By default the control service listens there, on the"
                + " loopback interface only; if the server's control-address says otherwise, give --control HOST:PORT.")
            .formatted(control.port(), target.zeoPort());
  }
}
