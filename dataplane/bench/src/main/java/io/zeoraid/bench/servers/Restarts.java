package io.zeoraid.bench.servers;

import io.zeoraid.bench.generator.BenchException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A RAID whose server comes and goes, while its backends stay. Each start is one over the data and
 * the record of members that the one before has left. Confined to one thread.
 */
public final class Restarts {
  private final Executable executable;
  private final Processes processes;
  private final Path home;
  private final int port;
  private final List<ServerProcess> backends;
  private @Nullable ServerProcess running;

  /**
   * @param home has the configuration
   * @param port of the server for clients; the one of its control service comes next
   */
  Restarts(
      Executable executable,
      Processes processes,
      Path home,
      int port,
      List<ServerProcess> backends) {
    this.executable = executable;
    this.processes = processes;
    this.home = home;
    this.port = port;
    this.backends = backends;
  }

  /** What the server is a form of. */
  public Executable executable() {
    return executable;
  }

  /** Starts the server; does not wait until it serves. */
  public Target start() {
    if (running != null) {
      throw new IllegalStateException(executable.name() + " runs already");
    }
    String name = executable.name();
    ServerProcess started =
        processes.start(name, home, executable.with("serve", "-C", Targets.CONFIGURATION));
    running = started;
    return new Target(name, Ports.address(port), started, backends);
  }

  /** Ends the server as an administrator would, and waits for its end. */
  public void stop() {
    ServerProcess ending = running;
    running = null;
    if (ending != null) {
      ending.stop();
    }
  }

  /**
   * Runs the command line of the same form against the server.
   *
   * @param verb or another argument
   * @return nanoseconds until it had ended and all was read that it said
   * @throws BenchException if it fails
   */
  public long runNanos(String verb) {
    String control = Targets.LOOPBACK + ":" + (port + 1);
    long began = System.nanoTime();
    Programs.output(executable.with("--control", control, verb));
    return System.nanoTime() - began;
  }
}
