package io.zeoraid.bench.servers;

import io.zeoraid.bench.generator.BenchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts targets: stock ZEO servers, each with a FileStorage of its own that fsyncs as it does by
 * default, and ZEORaid servers in front of some. All log warnings only. Confined to one thread.
 */
public final class Targets {
  /** The stock ZEO server alone, with which all others are compared. */
  public static final String STOCK = "stock";

  /** The RAID over this many backends. */
  public static String raid(int backends) {
    return "raid-" + backends;
  }

  private static final String LOOPBACK = "127.0.0.1";
  private static final String EVENT_LOG = "<eventlog>\n  level warning\n</eventlog>\n";

  private final Processes processes;
  private final Ports ports = new Ports();
  private final Programs programs;
  private final boolean msgpack;

  /**
   * @param msgpack whether all servers announce msgpack; if not, pickle, as ZEO does by default
   */
  public Targets(Processes processes, Programs programs, boolean msgpack) {
    this.processes = processes;
    this.programs = programs;
    this.msgpack = msgpack;
  }

  /** Starts a stock ZEO server alone; does not wait until it serves. */
  public Target stock() {
    Stock server = startStock(STOCK);
    return new Target(STOCK, Ports.address(server.port()), server.process(), List.of());
  }

  /** Starts a RAID over so many stock ZEO servers; does not wait until it serves. */
  public Target raid(List<String> jvmOptions, int backends) {
    String name = raid(backends);
    List<ServerProcess> behind = new ArrayList<>();
    StringBuilder clients = new StringBuilder();
    for (int i = 1; i <= backends; i++) {
      Stock server = startStock(name + "-backend-" + i);
      behind.add(server.process());
      clients.append(
          "  <zeoclient b%d>\n    server %s:%d\n  </zeoclient>\n"
              .formatted(i, LOOPBACK, server.port()));
    }
    int port = ports.free(3);
    Path home = home(name);
    write(
        home.resolve("zeo.conf"),
        """
        <zeo>
          address %1$s:%2$d
          control-address %1$s:%3$d
          http-address %1$s:%4$d
          msgpack %5$b
        </zeo>
        <raidstorage 1>
          membership-file membership
          temp-dir .
        %6$s</raidstorage>
        %7$s\
        """
            .formatted(LOOPBACK, port, port + 1, port + 2, msgpack, clients, EVENT_LOG));
    ServerProcess front =
        processes.start(name, home, programs.zeoraid(jvmOptions, "serve", "-C", "zeo.conf"));
    return new Target(name, Ports.address(port), front, behind);
  }

  private record Stock(ServerProcess process, int port) {}

  private Stock startStock(String name) {
    int port = ports.free(1);
    Path home = home(name);
    write(
        home.resolve("zeo.conf"),
        """
        <zeo>
          address %s:%d
          msgpack %b
        </zeo>
        <filestorage 1>
          path Data.fs
        </filestorage>
        %s\
        """
            .formatted(LOOPBACK, port, msgpack, EVENT_LOG));
    return new Stock(
        processes.start(name, home, programs.python("-m", "ZEO.runzeo", "-C", "zeo.conf")), port);
  }

  private Path home(String name) {
    try {
      return Files.createDirectory(processes.folder().resolve(name));
    } catch (IOException e) {
      throw new BenchException("can't create a folder for " + name + ": " + e.getMessage(), e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new BenchException("can't write " + file + ": " + e.getMessage(), e);
    }
  }
}
