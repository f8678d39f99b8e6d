package io.zeoraid.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** {@code <eventlog>} ({@code ZConfig/components/logger}). */
final class EventLogReader {

  private static final String OWN_FORMAT = "has no effect: log lines have a form of their own.";
  private static final String NO_ROTATION =
      "has no effect: the server does not rotate its log. Let logrotate do it, or log to STDOUT.";

  private static final Key.Used<LogLevel> LEVEL = Key.of("level", DataTypes.logLevel(), "info");
  private static final Key.Used<LogLevel> FILE_LEVEL =
      Key.of("level", DataTypes.logLevel(), "notset");
  private static final Key.Used<EventLog.Target> PATH = Key.of("path", DataTypes.logTarget());

  static final SectionType TYPE = new SectionType("eventlog", List.of(LEVEL));

  static final SectionType LOGFILE =
      new SectionType(
          "logfile",
          List.of(
              PATH,
              FILE_LEVEL,
              Key.ignored("format", OWN_FORMAT),
              Key.ignored("dateformat", OWN_FORMAT),
              Key.ignored("formatter", OWN_FORMAT),
              Key.ignored("style", OWN_FORMAT),
              Key.ignored("arbitrary-fields", OWN_FORMAT),
              Key.ignored("encoding", "has no effect: the log is UTF-8."),
              Key.ignored("delay", "has no effect: the file is opened at start."),
              Key.ignored("old-files", NO_ROTATION),
              Key.ignored("max-size", NO_ROTATION),
              Key.ignored("when", NO_ROTATION),
              Key.ignored("interval", NO_ROTATION)));

  /** Handlers of ZConfig that have no counterpart here. */
  private static final Set<String> OTHER_HANDLERS =
      Set.of("syslog", "win32-eventlog", "http-logger", "email-notifier");

  private static final Set<String> HANDLERS =
      Set.copyOf(Stream.concat(Stream.of(LOGFILE.name()), OTHER_HANDLERS.stream()).toList());

  private EventLogReader() {}

  /** The log; not to be used if anything was reported. */
  static EventLog read(SectionNode node, Map<String, String> environment, Problems problems) {
    Section section = Section.of(TYPE, node, environment, problems);
    List<EventLog.LogFile> logFiles = new ArrayList<>();
    for (SectionNode handler : section.sections(HANDLERS)) {
      if (handler.type().equals(LOGFILE.name())) {
        logFile(section.inner(LOGFILE, handler)).ifPresent(logFiles::add);
      } else {
        section.notice(
            handler.at(),
            handler.label(),
            "has no effect: the log goes to files, STDOUT or STDERR (<logfile>). Have those lines"
                + " collected and forwarded from there.");
      }
    }
    return new EventLog(section.get(LEVEL), logFiles);
  }

  private static Optional<EventLog.LogFile> logFile(Section section) {
    section.sections(Set.of());
    LogLevel level = section.get(FILE_LEVEL);
    return section.require(PATH).map(target -> new EventLog.LogFile(target, level));
  }
}
