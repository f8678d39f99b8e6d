package io.zeoraid.config;

import java.nio.file.Path;
import java.util.List;

/**
 * The {@code <eventlog>} section ({@code ZConfig/components/logger}): how much is logged, and where
 * to.
 *
 * @param level what is logged at all; default {@code INFO}
 * @param logFiles its {@code <logfile>} sections in the order of the file; empty means standard
 *     error
 */
public record EventLog(LogLevel level, List<LogFile> logFiles) {

  /** Takes a copy of the list. */
  public EventLog {
    logFiles = List.copyOf(logFiles);
  }

  /**
   * A {@code <logfile>}.
   *
   * @param target where the lines go
   * @param level what goes there, of what passes the log's own level; default {@code NOTSET}: all
   *     of it
   */
  public record LogFile(Target target, LogLevel level) {}

  /** Where log lines go. */
  public sealed interface Target {

    /** {@code path STDOUT}. */
    record StandardOutput() implements Target {}

    /** {@code path STDERR}. */
    record StandardError() implements Target {}

    /**
     * A file.
     *
     * @param path as written; relative to the working directory, as in ZEO
     */
    record File(Path path) implements Target {}
  }
}
