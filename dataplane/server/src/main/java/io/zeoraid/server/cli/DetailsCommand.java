package io.zeoraid.server.cli;

import io.zeoraid.control.v1.StatusRequest;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.control.StatusMessages;
import picocli.CommandLine.Command;

/** {@code zeoraid details}: everything that the RAID says about itself. */
@Command(
    name = "details",
    description = "Print the state of the RAID and of each backend, and how far recoveries are.")
final class DetailsCommand extends ClientCommand {

  DetailsCommand(ZeoRaidCommand program) {
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
              case TEXT -> StatusText.full(raid);
              case JSON -> StatusJson.full(raid).toString();
            });
    return ExitCode.OK;
  }
}
