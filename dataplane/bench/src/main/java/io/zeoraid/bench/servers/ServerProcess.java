package io.zeoraid.bench.servers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A server that was started. Thread-safe. */
final class ServerProcess {
  private static final int TAIL_LINES = 15;

  private final String name;
  private final Process process;
  private final Path log;

  ServerProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  String name() {
    return name;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** The exit code of a process that has ended; 128 and more mean a signal. */
  int exitCode() {
    return process.exitValue();
  }

  /** The processor time that it has used so far; zero where the system does not tell. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** The last lines of what it said. */
  String tail() {
    try {
      List<String> lines =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(its log can't be read: " + e.getMessage() + ")";
    }
  }
}
