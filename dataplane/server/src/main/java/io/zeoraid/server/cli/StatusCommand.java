package io.zeoraid.server.cli;

import io.zeoraid.control.v1.StatusRequest;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.control.StatusMessages;
import picocli.CommandLine.Command;

/** {@code zeoraid status}: a word, and an exit code for Nagios. */
@Command(
    name = "status",
    description = "Print the state of the RAID: optimal, recovering, degraded or failed.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:optimal",
      "1:recovering",
      "2:degraded or failed; or the server can't be reached",
      "3:unknown: the server answered, but not with a state",
      "64:the command line makes no sense"
    })
final class StatusCommand extends ClientCommand {

  StatusCommand(ZeoRaidCommand program) {
    super(program);
  }

  @Override
  int ask(ControlConnection connection) {
    RaidStatus raid =
        StatusMessages.fromMessage(
            connection
                .raid()
                .status(
                    StatusRequest.newBuilder().setStorage(connection.target().storage()).build())
                .getStatus());
    surroundings()
        .print(
            switch (connection.target().output()) {
              case TEXT -> raid.state().word();
              case JSON -> StatusJson.brief(raid).toString();
            });
    return code(raid.state());
  }

  @Override
  int refusedCode() {
    return ExitCode.UNKNOWN;
  }

  private static int code(RaidState state) {
    return switch (state) {
      case OPTIMAL -> ExitCode.OK;
      case RECOVERING -> ExitCode.RECOVERING;
      case DEGRADED, FAILED -> ExitCode.CRITICAL;
    };
  }
}
