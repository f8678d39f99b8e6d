package io.zeoraid.server.cli;

import io.zeoraid.control.v1.RecoverRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code zeoraid recover NAME}. */
@Command(
    name = "recover",
    description =
        "Begin to rebuild a backend while clients are served; details and watch tell how far it is.")
final class RecoverCommand extends ClientCommand {
  @Parameters(paramLabel = "NAME", description = "The backend, as zeo.conf names it.")
  private String backend = "";

  RecoverCommand(ZeoRaidCommand program) {
    super(program);
  }

  @Override
  int ask(ControlConnection connection) {
    var request =
        RecoverRequest.newBuilder()
            .setStorage(connection.target().storage())
            .setBackend(backend)
            .build();
    printMessage(connection.target(), connection.raid().recover(request).getMessage());
    return ExitCode.OK;
  }
}
