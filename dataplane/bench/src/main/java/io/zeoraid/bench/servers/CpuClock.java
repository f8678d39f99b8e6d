package io.zeoraid.bench.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Who used the processors, between two readings. The resolution on Linux is 10 ms.
 *
 * @param nanos when it was read
 * @param generator processor time of this process
 * @param front that of the server that clients talk to
 * @param backends that of the servers behind it
 * @param machine that of everything on this machine; zero where the system does not tell
 */
public record CpuClock(
    long nanos, Duration generator, Duration front, Duration backends, Duration machine) {
  private static final Path STAT = Path.of("/proc/stat");
  private static final long TICK_MILLIS = 10;
  private static final int IDLE = 4;
  private static final int IO_WAIT = 5;
  private static final int STEAL = 8;

  /**
   * Shares of one core, 1.0 being all of it.
   *
   * @param others everything that has nothing to do with this run; 0 where the system does not tell
   */
  public record Shares(double generator, double front, double backends, double others) {}

  /** The clock now. */
  public static CpuClock read(Target target) {
    return new CpuClock(
        System.nanoTime(),
        ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO),
        target.frontCpu(),
        target.backendsCpu(),
        machineNow());
  }

  /** What was used from this reading to the later one. */
  public Shares until(CpuClock later) {
    double wall = later.nanos - nanos;
    double own = share(generator, later.generator, wall);
    double ofFront = share(front, later.front, wall);
    double ofBackends = share(backends, later.backends, wall);
    double all = share(machine, later.machine, wall);
    return new Shares(own, ofFront, ofBackends, Math.max(0, all - own - ofFront - ofBackends));
  }

  private static double share(Duration before, Duration after, double nanos) {
    return after.minus(before).toNanos() / nanos;
  }

  private static Duration machineNow() {
    if (!Files.isReadable(STAT)) {
      return Duration.ZERO;
    }
    try (var lines = Files.lines(STAT)) {
      return lines.findFirst().map(CpuClock::busy).orElse(Duration.ZERO);
    } catch (IOException e) {
      return Duration.ZERO;
    }
  }

  /** The line {@code cpu user nice system idle iowait irq softirq steal …}, in ticks. */
  static Duration busy(String line) {
    String[] fields = line.strip().split(" +");
    long ticks = 0;
    for (int i = 1; i <= Math.min(STEAL, fields.length - 1); i++) {
      if (i != IDLE && i != IO_WAIT) {
        ticks += Long.parseLong(fields[i]);
      }
    }
    return Duration.ofMillis(ticks * TICK_MILLIS);
  }
}
