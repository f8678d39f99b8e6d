package io.zeoraid.server.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the program has to do with besides the network.
 *
 * @param out answers
 * @param err everything else
 * @param environment the variables that a configuration may use
 */
record Surroundings(
    PrintWriter out,
    PrintWriter err,
    Map<String, String> environment,
    InstantSource clock,
    ServeRunner serveRunner) {

  /** Those of this process. */
  static Surroundings ofProcess(ServeRunner serveRunner) {
    return new Surroundings(
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        System.getenv(),
        InstantSource.system(),
        serveRunner);
  }

  /** One answer. */
  void print(String text) {
    out.println(text);
    out.flush();
  }

  /** One complaint, which says who complains. */
  void complain(@Nullable String text) {
    err.println("zeoraid: " + text);
    err.flush();
  }
}
