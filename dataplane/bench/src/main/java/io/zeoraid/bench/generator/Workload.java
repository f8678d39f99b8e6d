package io.zeoraid.bench.generator;

import java.util.List;

/**
 * What clients do in one measurement. Immutable.
 *
 * @param name what it is called on the command line and in results
 * @param kind what one operation is
 * @param clients how many connections work at the same time
 * @param window how many loads a client has under way; commits go one by one
 * @param objects objects per commit
 * @param objectBytes the size of each
 * @param maxOperations the measurement ends early after so many, so that disks don't fill
 */
public record Workload(
    String name,
    Kind kind,
    int clients,
    int window,
    int objects,
    int objectBytes,
    int maxOperations) {

  /** One operation. */
  public enum Kind {
    /** {@code loadBefore} of a random object. */
    LOAD,
    /** The same of few objects, all of which were loaded before: what a cache is there for. */
    HOT_LOAD,
    /** {@code tpc_begin}, the stores, {@code vote} and {@code tpc_finish}. */
    COMMIT
  }

  private static final int WINDOW = 64;
  private static final int NO_BOUND = Integer.MAX_VALUE;
  private static final int SMALL_OBJECTS = 3;
  private static final int SMALL_BYTES = 500;
  private static final int LARGE_BYTES = 1 << 20;
  private static final int LARGE_OPERATIONS = 64;

  /** One client that loads one by one: what an application waits for. */
  public static final String ONE_BY_ONE = "load-1";

  /** The same of objects that were loaded before. */
  public static final String HOT_ONE_BY_ONE = "hot-1";

  /** Eight clients that load many at a time of objects that were loaded before. */
  public static final String HOT_PIPELINED = "hot-pipelined-8";

  /** One client that commits small transactions. */
  public static final String ONE_COMMITTER = "commit-1";

  /** All of them, in the order in which they are measured. */
  public static final List<Workload> ALL =
      List.of(
          loads(ONE_BY_ONE, 1, 1),
          loads("load-4", 4, 1),
          loads("load-8", 8, 1),
          loads("pipelined-1", 1, WINDOW),
          loads("pipelined-4", 4, WINDOW),
          loads("pipelined-8", 8, WINDOW),
          hotLoads(HOT_ONE_BY_ONE, 1, 1),
          hotLoads(HOT_PIPELINED, 8, WINDOW),
          commits(ONE_COMMITTER, 1, SMALL_OBJECTS, SMALL_BYTES, NO_BOUND),
          commits("commit-4", 4, SMALL_OBJECTS, SMALL_BYTES, NO_BOUND),
          commits("commit-16", 16, SMALL_OBJECTS, SMALL_BYTES, NO_BOUND),
          commits("commit-1mb-1", 1, 1, LARGE_BYTES, LARGE_OPERATIONS),
          commits("commit-1mb-4", 4, 1, LARGE_BYTES, LARGE_OPERATIONS),
          commits("commit-1mb-16", 16, 1, LARGE_BYTES, LARGE_OPERATIONS));

  /** A workload of loads; with a window of 1, one by one. */
  public static Workload loads(String name, int clients, int window) {
    return new Workload(name, Kind.LOAD, clients, window, 0, 0, NO_BOUND);
  }

  /** The same of objects that were all loaded before it begins. */
  public static Workload hotLoads(String name, int clients, int window) {
    return new Workload(name, Kind.HOT_LOAD, clients, window, 0, 0, NO_BOUND);
  }

  /** A workload of commits. */
  public static Workload commits(
      String name, int clients, int objects, int objectBytes, int maxOperations) {
    return new Workload(name, Kind.COMMIT, clients, 1, objects, objectBytes, maxOperations);
  }

  /** For people: what it does. */
  public String describe() {
    String who = clients == 1 ? "1 client" : clients + " clients";
    return switch (kind) {
      case LOAD -> who + loads();
      case HOT_LOAD -> who + loads() + ", of what was loaded before";
      case COMMIT -> who + ", commits of " + objects + " × " + objectBytes + " bytes";
    };
  }

  private String loads() {
    return window == 1 ? ", loads one by one" : ", " + window + " loads under way";
  }
}
