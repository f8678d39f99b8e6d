package io.zeoraid.server.cli;

import io.zeoraid.control.v1.WatchRequest;
import io.zeoraid.control.v1.WatchResponse;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.control.StatusMessages;
import java.time.temporal.ChronoUnit;
import picocli.CommandLine.Command;

/**
 * {@code zeoraid watch}: a line now and for each change, until the server stops or the user
 * interrupts.
 */
@Command(
    name = "watch",
    description = {
      "Print a line with the state now, and one for each change.",
      "Ends when the server stops (exit code 2)."
    })
final class WatchCommand extends ClientCommand {

  WatchCommand(ZeoRaidCommand program) {
    super(program);
  }

  @Override
  int ask(ControlConnection connection) throws InterruptedException {
    var request = WatchRequest.newBuilder().setStorage(connection.target().storage()).build();
    connection.<WatchResponse>stream(
        (raid, answers) -> raid.watch(request, answers),
        answer -> print(connection.target(), StatusMessages.fromMessage(answer.getStatus())));
    surroundings().complain("the server at " + connection.target().control() + " has stopped.");
    return ExitCode.UNREACHABLE;
  }

  private void print(ConnectionOptions.Target target, RaidStatus raid) {
    surroundings()
        .print(
            switch (target.output()) {
              case TEXT ->
                  surroundings().clock().instant().truncatedTo(ChronoUnit.SECONDS)
                      + " "
                      + StatusText.line(raid);
              case JSON -> StatusJson.full(raid).toString();
            });
  }
}
