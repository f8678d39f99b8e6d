package io.zeoraid.bench.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * What a process has in memory, the pages of its program's file among it: {@code VmRSS} and {@code
 * VmHWM} of Linux (proc_pid_status(5)).
 *
 * @param bytes now
 * @param mostBytes the most since it began
 */
public record Memory(long bytes, long mostBytes) {
  private static final int KIBIBYTE = 1024;

  /** That of a process; empty where the system does not tell, or if it has ended. */
  static Optional<Memory> of(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return parse(lines.toList().toArray(String[]::new));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<Memory> parse(String... status) {
    OptionalLong now = OptionalLong.empty();
    OptionalLong most = OptionalLong.empty();
    for (String line : status) {
      String[] fields = line.split("\\s+");
      switch (fields[0]) {
        case "VmRSS:" -> now = OptionalLong.of(Long.parseLong(fields[1]) * KIBIBYTE);
        case "VmHWM:" -> most = OptionalLong.of(Long.parseLong(fields[1]) * KIBIBYTE);
        default -> {}
      }
    }
    return now.isPresent() && most.isPresent()
        ? Optional.of(new Memory(now.getAsLong(), most.getAsLong()))
        : Optional.empty();
  }
}
