package io.zeoraid.server.cli;

import io.zeoraid.control.v1.DisableRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code zeoraid disable NAME}. */
@Command(
    name = "disable",
    description = "Take a backend out of the RAID, until somebody asks for its recovery.")
final class DisableCommand extends ClientCommand {
  @Parameters(paramLabel = "NAME", description = "The backend, as zeo.conf names it.")
  private String backend = "";

  DisableCommand(ZeoRaidCommand program) {
    super(program);
  }

  @Override
  int ask(ControlConnection connection) {
    var request =
        DisableRequest.newBuilder()
            .setStorage(connection.target().storage())
            .setBackend(backend)
            .build();
    printMessage(connection.target(), connection.raid().disable(request).getMessage());
    return ExitCode.OK;
  }
}
