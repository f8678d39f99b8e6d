package io.zeoraid.server;

import io.zeoraid.config.Address;
import io.zeoraid.config.ConfigException;
import io.zeoraid.config.ServerConfig;
import io.zeoraid.server.cli.ServeOptions;
import io.zeoraid.server.cli.StartException;
import io.zeoraid.server.control.ServerMeters;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Many ZEORaid servers in one JVM, one after another: ZEO's suite starts a server per test, and a JVM with Quarkus takes
 * longer to start than most of those tests run. What is left out is the command line, the control service and HTTP; the
 * server itself is the same class, wired in the same way.
 *
 * <p>Reads commands from standard input, one a line, and answers each by a line: {@code start NUMBER FILE} by {@code
 * done} or by {@code failed REASON}, {@code stop NUMBER} by {@code done}. Ends with its input.
 */
final class ServerHost {
  private static final Address.Tcp NOWHERE = new Address.Tcp("127.0.0.1", 0);

  private final Map<String, ZeoRaidServer> servers = new HashMap<>();

  private ServerHost() {}

  public static void main(String[] arguments) throws IOException {
    ServerHost host = new ServerHost();
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("done");
    for (String command = commands.readLine(); command != null; command = commands.readLine()) {
      System.out.println(host.answer(command.split(" ", 3)));
      System.out.flush();
    }
    System.exit(0);
  }

  private String answer(String[] command) {
    try {
      switch (command[0]) {
        case "start" -> start(command[1], Path.of(command[2]));
        case "stop" -> servers.remove(command[1]).stop();
        default -> throw new IllegalArgumentException("unknown command " + command[0]);
      }
      return "done";
    } catch (ConfigException | StartException | RuntimeException e) {
      return "failed " + String.valueOf(e.getMessage()).replace('\n', ' ');
    }
  }

  private void start(String number, Path file) throws ConfigException, StartException {
    ServerConfig config = ServerConfig.load(file, System.getenv());
    ZeoRaidServer server = new ZeoRaidServer(new ServerMeters());
    server.start(new ServeOptions(file, config, NOWHERE, NOWHERE));
    servers.put(number, server);
  }
}
