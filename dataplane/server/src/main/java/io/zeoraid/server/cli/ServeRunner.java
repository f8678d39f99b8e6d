package io.zeoraid.server.cli;

/** Runs the server for {@code zeoraid serve}: in production within Quarkus. */
interface ServeRunner {

  /**
   * Serves until the process is told to stop.
   *
   * @return the exit code
   * @throws StartException if that can't begin; nothing is left open
   */
  int serve(ServeOptions options) throws StartException;
}
