package io.zeoraid.server.cli;

import io.zeoraid.control.v1.ReloadRequest;
import picocli.CommandLine.Command;

/** {@code zeoraid reload}. */
@Command(
    name = "reload",
    description =
        "Make the server read its zeo.conf anew: new backends join as degraded, those gone are left.")
final class ReloadCommand extends ClientCommand {

  ReloadCommand(ZeoRaidCommand program) {
    super(program);
  }

  @Override
  int ask(ControlConnection connection) {
    var request = ReloadRequest.newBuilder().setStorage(connection.target().storage()).build();
    printMessage(connection.target(), connection.raid().reload(request).getMessage());
    return ExitCode.OK;
  }
}
