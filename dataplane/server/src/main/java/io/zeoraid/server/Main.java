package io.zeoraid.server;

import io.quarkus.runtime.annotations.QuarkusMain;
import io.zeoraid.server.cli.ZeoRaidCommand;

/** The program {@code zeoraid}: the server and its command line. */
@QuarkusMain
public final class Main {
  private Main() {}

  /** Never returns. */
  public static void main(String... arguments) {
    System.exit(ZeoRaidCommand.run(arguments));
  }
}
