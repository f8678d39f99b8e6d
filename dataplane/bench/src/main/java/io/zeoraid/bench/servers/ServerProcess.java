package io.zeoraid.bench.servers;

import io.zeoraid.bench.generator.BenchException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A server that was started. Thread-safe. */
final class ServerProcess {
  private static final int TAIL_LINES = 15;
  private static final long STOP_SECONDS = 60;

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

  /** What it has in memory; empty where the system does not tell. */
  Optional<Memory> memory() {
    return Memory.of(process.pid());
  }

  /**
   * Tells it to end, and waits for that.
   *
   * @throws BenchException if it does not within a minute
   */
  void stop() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        throw new BenchException(name + " has not ended within " + STOP_SECONDS + " s:\n" + tail());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
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
