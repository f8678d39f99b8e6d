package io.zeoraid.server.cli;

import io.zeoraid.control.v1.PackRequest;
import io.zeoraid.control.v1.PackResponse;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code zeoraid pack}: asks, and prints how it goes until it has ended. */
@Command(
    name = "pack",
    description = {
      "Pack all backends, one after another, and wait until that is done.",
      "The pack goes on in the server when this command is interrupted."
    })
final class PackCommand extends ClientCommand {
  @Option(
      names = {"-d", "--days"},
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Keep what is needed to undo the transactions of the last N days. Default: ${DEFAULT-VALUE}.")
  private int days;

  PackCommand(ZeoRaidCommand program) {
    super(program);
  }

  @Override
  int ask(ControlConnection connection) throws InterruptedException {
    if (days < 0) {
      throw new UsageException("--days is a number from 0, not " + days);
    }
    var request =
        PackRequest.newBuilder().setStorage(connection.target().storage()).setDays(days).build();
    var done = new AtomicBoolean();
    connection.<PackResponse>stream(
        (raid, answers) -> raid.pack(request, answers),
        answer -> {
          done.set(answer.getDone());
          print(connection.target(), answer);
        });
    if (!done.get()) {
      surroundings()
          .complain("the server ended its report before the pack was done; its log tells more.");
      return ExitCode.UNREACHABLE;
    }
    return ExitCode.OK;
  }

  private void print(ConnectionOptions.Target target, PackResponse answer) {
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
