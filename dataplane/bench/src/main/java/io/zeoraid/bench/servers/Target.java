package io.zeoraid.bench.servers;

import io.zeoraid.bench.generator.BenchException;
import io.zeoraid.bench.generator.Caller;
import io.zeoraid.bench.generator.Generator;
import io.zeoraid.protocol.Request;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What clients talk to: a stock ZEO server alone, a ZEORaid server with stock ZEO servers behind
 * it, or a server in this process. Confined to one thread.
 */
public final class Target {
  private static final long START_MILLIS = 60_000;
  private static final long AGAIN_MILLIS = 50;

  private final String name;
  private final InetSocketAddress address;
  private final @Nullable ServerProcess front;
  private final List<ServerProcess> backends;
  private final boolean ownData;
  private final Runnable role;

  /** A server in this process. */
  public Target(String name, InetSocketAddress address) {
    this.name = name;
    this.address = address;
    front = null;
    backends = List.of();
    ownData = false;
    role = () -> {};
  }

  Target(
      String name, InetSocketAddress address, ServerProcess front, List<ServerProcess> backends) {
    this(name, address, front, backends, true, () -> {});
  }

  /**
   * @param ownData whether it is the one that fills its backends, which others may use, too
   * @param role throws if it is not what it is measured as
   */
  Target(
      String name,
      InetSocketAddress address,
      ServerProcess front,
      List<ServerProcess> backends,
      boolean ownData,
      Runnable role) {
    this.name = name;
    this.address = address;
    this.front = front;
    this.backends = List.copyOf(backends);
    this.ownData = ownData;
    this.role = role;
  }

  /** What it is called in results. */
  public String name() {
    return name;
  }

  /** Whether it is a ZEORaid server with others behind it. */
  public boolean isRaid() {
    return !backends.isEmpty();
  }

  /** Whether it has to be given the objects that are loaded. */
  public boolean isToBeFilled() {
    return ownData;
  }

  /** Checks that it is what it is measured as: the primary of several servers, or not. */
  public void requireRole() {
    role.run();
  }

  /** Where clients connect. */
  public InetSocketAddress address() {
    return address;
  }

  /** Waits until clients are served. */
  public void awaitReady(Generator generator) {
    long deadline = System.nanoTime() + START_MILLIS * 1_000_000;
    while (true) {
      requireRunning();
      try (Caller caller = generator.call(address)) {
        caller.register();
        return;
      } catch (BenchException e) {
        if (System.nanoTime() > deadline) {
          throw new BenchException(name + " does not serve: " + e.getMessage() + "\n" + tail(), e);
        }
      }
      try {
        Thread.sleep(AGAIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BenchException("interrupted", e);
      }
    }
  }

  /**
   * Checks that a measurement was not one of something else: no process has ended, and the RAID has
   * all its backends.
   */
  public void requireWhole(Generator generator) {
    requireRunning();
    if (!isRaid()) {
      return;
    }
    try (Caller caller = generator.call(address)) {
      Object status = caller.ask(new Request.RaidStatus());
      if (!"optimal".equals(status)) {
        throw new BenchException(
            name + " is " + status + ", so that its figures mean nothing:\n" + tail());
      }
    }
  }

  /**
   * Checks that no process has ended.
   *
   * @throws BenchException if one has; says what it said
   */
  public void requireRunning() {
    if (front != null) {
      requireRunning(front);
    }
    backends.forEach(Target::requireRunning);
  }

  private static void requireRunning(ServerProcess process) {
    if (!process.isAlive()) {
      throw new BenchException(
          process.name()
              + " has ended with exit code "
              + process.exitCode()
              + ":\n"
              + process.tail());
    }
  }

  private String tail() {
    return front == null ? "" : front.tail();
  }

  /** The processor time of the server that clients talk to. */
  public Duration frontCpu() {
    return front == null ? Duration.ZERO : front.cpu();
  }

  /** What the server that clients talk to has in memory; empty where the system does not tell. */
  public Optional<Memory> frontMemory() {
    return front == null ? Optional.empty() : front.memory();
  }

  /** The processor time of the servers behind it. */
  public Duration backendsCpu() {
    return backends.stream().map(ServerProcess::cpu).reduce(Duration.ZERO, Duration::plus);
  }
}
