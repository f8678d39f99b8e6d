package io.zeoraid.server.cli;

import io.zeoraid.control.v1.VerifyRequest;
import io.zeoraid.control.v1.VerifyResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code zeoraid verify [NAME NAME...]}: asks, and prints how it goes until it has ended. */
@Command(
    name = "verify",
    description = {
      "Compare what the backends hold, transaction by transaction, while clients are served:",
      "records and the files of blobs.",
      "Exit code 0 if all is equal; else 1, and the first difference is named.",
      "The comparison goes on in the server when this command is interrupted."
    })
final class VerifyCommand extends ClientCommand {
  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      description = "The backends to compare, as zeo.conf names them. Default: all in sync.")
  private List<String> backends = new ArrayList<>();

  VerifyCommand(ZeoRaidCommand program) {
    super(program);
  }

  @Override
  int ask(ControlConnection connection) throws InterruptedException {
    if (backends.size() == 1) {
      throw new UsageException("one backend can't be compared with itself: name two, or none");
    }
    var request =
        VerifyRequest.newBuilder()
            .setStorage(connection.target().storage())
            .addAllBackends(backends)
            .build();
    var done = new AtomicBoolean();
    connection.<VerifyResponse>stream(
        (raid, answers) -> raid.verify(request, answers),
        answer -> {
          done.set(answer.getDone());
          print(connection.target(), answer);
        });
    if (!done.get()) {
      surroundings()
          .complain("the server ended its report before all was compared; its log tells more.");
      return ExitCode.UNREACHABLE;
    }
    return ExitCode.OK;
  }

  private void print(ConnectionOptions.Target target, VerifyResponse answer) {
    surroundings()
        .print(
            switch (target.output()) {
              case TEXT -> answer.getMessage();
              case JSON ->
                  new JsonObject()
                      .put("message", answer.getMessage())
                      .put("done", answer.getDone())
                      .toString();
            });
  }
}
