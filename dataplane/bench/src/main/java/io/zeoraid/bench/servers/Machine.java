package io.zeoraid.bench.servers;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Facts about this machine that figures depend on; nothing that identifies it. */
public final class Machine {
  private static final Path CPU = Path.of("/proc/cpuinfo");

  private Machine() {}

  /**
   * Name to value, in the order in which to show them.
   *
   * @param data where the servers keep their data
   */
  public static Map<String, Object> facts(Path data) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("cores", Runtime.getRuntime().availableProcessors());
    facts.put("processor", processor());
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      facts.put("memoryMiB", system.getTotalMemorySize() >> 20);
      facts.put("loadAverageBefore", Math.max(0, system.getSystemLoadAverage()));
    }
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("architecture", System.getProperty("os.arch"));
    facts.put("fileSystem", fileSystem(data));
    return facts;
  }

  /** The kind of file system that the data are on. */
  public static String fileSystem(Path data) {
    try {
      return Files.getFileStore(data).type();
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String processor() {
    if (!Files.isReadable(CPU)) {
      return "unknown";
    }
    try (var lines = Files.lines(CPU)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
