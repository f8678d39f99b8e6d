package io.zeoraid.server.cli;

import io.grpc.StatusRuntimeException;
import io.zeoraid.server.control.StatusMessages.UnknownStateException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A verb that asks a running server. It needs no part of Quarkus, and starts none. */
abstract class ClientCommand implements Callable<Integer> {
  private final ZeoRaidCommand program;

  @Mixin private ConnectionOptions options = new ConnectionOptions();

  ClientCommand(ZeoRaidCommand program) {
    this.program = program;
  }

  /**
   * Asks and prints.
   *
   * @return the exit code
   * @throws StatusRuntimeException if there is no answer
   */
  abstract int ask(ControlConnection connection) throws InterruptedException;

  /** The exit code when the server has answered with a refusal. */
  int refusedCode() {
    return ExitCode.REFUSED;
  }

  @Override
  public final Integer call() throws InterruptedException {
    ConnectionOptions.Target target = options.over(program.options(), surroundings().environment());
    try (var connection = new ControlConnection(target)) {
      return ask(connection, target);
    }
  }

  private int ask(ControlConnection connection, ConnectionOptions.Target target)
      throws InterruptedException {
    try {
      return ask(connection);
    } catch (StatusRuntimeException e) {
      Failure failure = connection.answered() ? Failure.ofStream(e, target) : Failure.of(e, target);
      surroundings().complain(failure.message());
      return switch (failure) {
        case Failure.Refused refused -> refusedCode();
        case Failure.Unreachable unreachable -> ExitCode.UNREACHABLE;
      };
    } catch (UnknownStateException e) {
      surroundings().complain(e.getMessage());
      return refusedCode();
    }
  }

  final Surroundings surroundings() {
    return program.surroundings();
  }

  /** Prints the sentence with which a server granted a wish. */
  final void printMessage(ConnectionOptions.Target target, String message) {
    surroundings()
        .print(
            switch (target.output()) {
              case TEXT -> message;
              case JSON -> new JsonObject().put("message", message).toString();
            });
  }
}
