package io.zeoraid.server.cli;

import io.zeoraid.config.Address;
import io.zeoraid.config.EventLog;
import io.zeoraid.config.EventLog.LogFile;
import io.zeoraid.config.EventLog.Target;
import io.zeoraid.config.LogLevel;
import java.util.Map;
import java.util.TreeMap;

/** The settings of Quarkus that follow from the command line and zeo.conf. */
final class QuarkusSettings {
  private static final String ALL_INTERFACES = "0.0.0.0";

  private QuarkusSettings() {}

  static Map<String, String> of(ServeOptions options) {
    var settings = new TreeMap<String, String>();
    put(settings, "quarkus.grpc.server", options.control());
    put(settings, "quarkus.http", options.http());
    options.config().eventLog().ifPresent(log -> put(settings, log));
    return settings;
  }

  private static void put(Map<String, String> settings, String server, Address.Tcp address) {
    settings.put(server + ".host", address.host().isEmpty() ? ALL_INTERFACES : address.host());
    settings.put(server + ".port", Integer.toString(address.port()));
  }

  private static void put(Map<String, String> settings, EventLog log) {
    String level = level(log.level());
    settings.put("quarkus.log.category.\"io.zeoraid\".level", level);
    // What is finer than INFO is wanted of us, not of each library.
    settings.put(
        "quarkus.log.level", log.level().number() < LogLevel.INFO.number() ? "INFO" : level);
    if (!log.logFiles().isEmpty()) {
      settings.put("quarkus.log.console.enabled", "false");
    }
    for (LogFile file : log.logFiles()) {
      put(settings, file);
    }
  }

  private static void put(Map<String, String> settings, LogFile file) {
    switch (file.target()) {
      case Target.StandardError _ -> putConsole(settings, file, true);
      case Target.StandardOutput _ -> putConsole(settings, file, false);
      case Target.File(var path) -> {
        settings.put("quarkus.log.file.enabled", "true");
        settings.put("quarkus.log.file.path", path.toString());
        settings.put("quarkus.log.file.level", level(file.level()));
        settings.put("quarkus.log.file.rotation.rotate-on-boot", "false");
      }
    }
  }

  private static void putConsole(
      Map<String, String> settings, LogFile file, boolean standardError) {
    settings.put("quarkus.log.console.enabled", "true");
    settings.put("quarkus.log.console.stderr", Boolean.toString(standardError));
    settings.put("quarkus.log.console.level", level(file.level()));
  }

  /** The level of JBoss LogManager that lets the same messages pass. */
  private static String level(LogLevel level) {
    return switch (level) {
      case CRITICAL -> "FATAL";
      case ERROR -> "ERROR";
      case WARNING -> "WARN";
      // BLATHER lies between INFO and DEBUG, where we have nothing.
      case INFO, BLATHER -> "INFO";
      case DEBUG -> "DEBUG";
      case TRACE -> "TRACE";
      case ALL, NOTSET -> "ALL";
    };
  }
}
