package io.zeoraid.bench.servers;

import io.zeoraid.bench.generator.BenchException;
import io.zeoraid.bench.generator.Generator;
import io.zeoraid.bench.generator.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts targets: stock ZEO servers, each with a FileStorage of its own that fsyncs as it does by
 * default, and ZEORaid servers in front of some. All log warnings only. Confined to one thread.
 */
public final class Targets {
  /** The stock ZEO server alone, with which all others are compared. */
  public static final String STOCK = "stock";

  /** The RAID over two backends, with the cache that it has by default. */
  public static final String CACHED = "raid-2-cached";

  private static final Pattern RAID = Pattern.compile("raid-(\\d)");
  private static final Pattern FLEET = Pattern.compile("fleet-(\\d)-(primary|secondary)");
  static final String LOOPBACK = "127.0.0.1";
  static final String CONFIGURATION = "zeo.conf";
  private static final String EVENT_LOG = "<eventlog>\n  level warning\n</eventlog>\n";
  private static final String OWN_RECORD = "  membership-file membership\n";
  private static final String AS_BY_DEFAULT = "";
  private static final String NO_CACHE = "  cache-size 0\n";
  private static final String WHEN_TOLD = "  auto-recover no\n";
  private static final String NO_PEERS = "";
  private static final String DATA = "Data.fs";
  private static final int PORTS_OF_A_RAID = 3;

  private final Processes processes;
  private final Ports ports = new Ports();
  private final Programs programs;
  private final boolean msgpack;
  private final Map<Integer, Fleet> fleets = new HashMap<>();

  /**
   * @param msgpack whether all servers announce msgpack; if not, pickle, as ZEO does by default
   */
  public Targets(Processes processes, Programs programs, boolean msgpack) {
    this.processes = processes;
    this.programs = programs;
    this.msgpack = msgpack;
  }

  /** The RAID over this many backends, of which every load is asked: it has no cache. */
  public static String raid(int backends) {
    return "raid-" + backends;
  }

  /** So many ZEORaid servers over the same two backends: the primary. */
  public static String primaryOf(int servers) {
    return "fleet-" + servers + "-primary";
  }

  /** So many ZEORaid servers over the same two backends: one that passes commits on. */
  public static String secondaryOf(int servers) {
    return "fleet-" + servers + "-secondary";
  }

  /** Whether it makes sense to measure such operations on the target of this name. */
  public static boolean suits(String target, Workload.Kind kind) {
    if (target.equals(STOCK)) {
      return true;
    }
    return switch (kind) {
      case LOAD -> RAID.matcher(target).matches();
      case HOT_LOAD -> target.equals(CACHED);
      case COMMIT -> !target.equals(CACHED);
    };
  }

  /**
   * Starts the target of this name; does not wait until it serves.
   *
   * @param generator to see when the first of several servers is the primary
   */
  public Target start(String name, List<String> jvmOptions, Generator generator) {
    Matcher fleet = FLEET.matcher(name);
    Matcher raid = RAID.matcher(name);
    if (name.equals(STOCK)) {
      Stock server = startStock(STOCK);
      return new Target(STOCK, Ports.address(server.port()), server.process(), List.of());
    } else if (name.equals(CACHED)) {
      return raid(name, jvmOptions, 2, OWN_RECORD);
    } else if (raid.matches()) {
      return raid(name, jvmOptions, Integer.parseInt(raid.group(1)), OWN_RECORD + NO_CACHE);
    } else if (fleet.matches()) {
      int servers = Integer.parseInt(fleet.group(1));
      Fleet started =
          fleets.computeIfAbsent(servers, count -> startFleet(count, jvmOptions, generator));
      return fleet.group(2).equals("primary") ? started.primary() : started.secondary();
    }
    throw new IllegalArgumentException("there is no target " + name);
  }

  private Target raid(String name, List<String> jvmOptions, int backends, String keys) {
    List<Stock> behind = startBackends(name, backends);
    int port = ports.free(PORTS_OF_A_RAID);
    Front front = startFront(name, port, NO_PEERS, keys, behind, jvmOptions);
    return new Target(name, Ports.address(port), front.process(), processes(behind));
  }

  /**
   * A RAID that was just started over a filled and an empty stock ZEO server.
   *
   * @param empty the backend that waits to be told to be recovered
   * @param from the file of the filled one
   * @param to the file of the empty one
   */
  public record Degraded(Target raid, String empty, Path from, Path to) {}

  /**
   * Starts a RAID of which one backend has everything, and the other nothing; does not wait until
   * it serves.
   *
   * @param fill is given the first backend, before there are others; waits until it serves
   */
  public Degraded startDegraded(List<String> jvmOptions, Consumer<Target> fill) {
    String name = "recovery";
    String filled = name + "-filled";
    String empty = name + "-empty";
    Stock first = startStock(filled);
    fill.accept(new Target(filled, Ports.address(first.port()), first.process(), List.of()));
    List<Stock> behind = List.of(first, startStock(empty));
    int port = ports.free(PORTS_OF_A_RAID);
    Front front = startFront(name, port, NO_PEERS, OWN_RECORD + WHEN_TOLD, behind, jvmOptions);
    return new Degraded(
        new Target(name, Ports.address(port), front.process(), processes(behind)),
        "b2",
        processes.folder().resolve(filled).resolve(DATA),
        processes.folder().resolve(empty).resolve(DATA));
  }

  /** Starts two backends, and prepares a RAID of them whose server is of this form. */
  public Restarts prepareRestarts(Executable executable) {
    String name = executable.name();
    List<Stock> behind = startBackends(name, 2);
    int port = ports.free(PORTS_OF_A_RAID);
    Path home = configure(name, port, NO_PEERS, AS_BY_DEFAULT, behind);
    return new Restarts(executable, processes, home, port, processes(behind));
  }

  /** The first server that is started makes itself the primary, for it finds none. */
  private Fleet startFleet(int servers, List<String> jvmOptions, Generator generator) {
    String name = "fleet-" + servers;
    List<Stock> behind = startBackends(name, 2);
    String keys = "  membership-file " + home(name).resolve("membership") + "\n" + NO_CACHE;
    List<Front> fronts = new ArrayList<>();
    for (int i = 1; i <= servers; i++) {
      String one = name + "-server-" + i;
      int port = ports.free(PORTS_OF_A_RAID);
      String peers = "  peer-address %s:%d\n".formatted(LOOPBACK, port);
      Front front = startFront(one, port, peers, keys, behind, jvmOptions);
      fronts.add(front);
      if (i == 1) {
        new Target(one, Ports.address(port), front.process(), processes(behind))
            .awaitReady(generator);
      }
    }
    return new Fleet(servers, programs, processes(behind), fronts);
  }

  /** A ZEORaid server. */
  record Front(ServerProcess process, int port) {
    int controlPort() {
      return port + 1;
    }
  }

  private record Stock(ServerProcess process, int port) {}

  private List<Stock> startBackends(String name, int count) {
    List<Stock> behind = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      behind.add(startStock(name + "-backend-" + i));
    }
    return behind;
  }

  private static List<ServerProcess> processes(List<Stock> servers) {
    return servers.stream().map(Stock::process).toList();
  }

  private Front startFront(
      String name,
      int port,
      String serverKeys,
      String storageKeys,
      List<Stock> behind,
      List<String> jvmOptions) {
    Path home = configure(name, port, serverKeys, storageKeys, behind);
    List<String> command = programs.onJvm(jvmOptions).with("serve", "-C", CONFIGURATION);
    return new Front(processes.start(name, home, command), port);
  }

  /**
   * Writes the configuration of a ZEORaid server into a folder of its own.
   *
   * @param port the first of its ports
   * @param serverKeys more lines of its configuration, of the server
   * @param storageKeys of the storage
   */
  private Path configure(
      String name, int port, String serverKeys, String storageKeys, List<Stock> behind) {
    StringBuilder clients = new StringBuilder();
    for (int i = 0; i < behind.size(); i++) {
      clients.append(
          "  <zeoclient b%d>\n    server %s:%d\n  </zeoclient>\n"
              .formatted(i + 1, LOOPBACK, behind.get(i).port()));
    }
    Path home = home(name);
    write(
        home.resolve(CONFIGURATION),
        """
        <zeo>
          address %1$s:%2$d
          control-address %1$s:%3$d
          http-address %1$s:%4$d
          msgpack %5$b
        %6$s</zeo>
        <raidstorage 1>
          temp-dir .
        %7$s%8$s</raidstorage>
        %9$s\
        """
            .formatted(
                LOOPBACK,
                port,
                port + 1,
                port + 2,
                msgpack,
                serverKeys,
                storageKeys,
                clients,
                EVENT_LOG));
    return home;
  }

  private Stock startStock(String name) {
    int port = ports.free(1);
    Path home = home(name);
    write(
        home.resolve(CONFIGURATION),
        """
        <zeo>
          address %s:%d
          msgpack %b
        </zeo>
        <filestorage 1>
          path %s
        </filestorage>
        %s\
        """
            .formatted(LOOPBACK, port, msgpack, DATA, EVENT_LOG));
    return new Stock(
        processes.start(name, home, programs.python("-m", "ZEO.runzeo", "-C", CONFIGURATION)),
        port);
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
