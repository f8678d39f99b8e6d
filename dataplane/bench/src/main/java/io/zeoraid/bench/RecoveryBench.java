package io.zeoraid.bench;

import io.zeoraid.bench.generator.BenchException;
import io.zeoraid.bench.generator.Caller;
import io.zeoraid.bench.generator.Generator;
import io.zeoraid.bench.generator.Span;
import io.zeoraid.bench.generator.Workload;
import io.zeoraid.bench.report.Recovery;
import io.zeoraid.bench.servers.Target;
import io.zeoraid.bench.servers.Targets;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures how fast an empty backend is recovered from one that was filled, and then how fast its
 * file is copied without us. Nobody commits meanwhile. Confined to one thread.
 */
final class RecoveryBench {
  /** What {@code --list} says. */
  static final String DESCRIPTION =
      "an empty backend is recovered, beside a plain copy of the file";

  static final int FULL_TRANSACTIONS = 20_000;
  static final int QUICK_TRANSACTIONS = 2_000;

  private static final int OBJECTS = 3;
  private static final int OBJECT_BYTES = 10_000;
  private static final int COPY_BYTES = 1 << 20;
  private static final long FILL_MILLIS = 300_000;
  private static final long LONGEST_NANOS = 600_000_000_000L;
  private static final long AGAIN_MILLIS = 5;
  private static final String OPTIMAL = "optimal";

  private final Targets targets;
  private final List<String> jvmOptions;
  private final @Nullable Encoding encoding;
  private final int transactions;
  private final Consumer<String> progress;

  /**
   * @param jvmOptions for the ZEORaid server
   * @param encoding what the clients speak; null for what a server announces
   * @param transactions how many are copied
   * @param progress is told a line at a time
   */
  RecoveryBench(
      Targets targets,
      List<String> jvmOptions,
      @Nullable Encoding encoding,
      int transactions,
      Consumer<String> progress) {
    this.targets = targets;
    this.jvmOptions = jvmOptions;
    this.encoding = encoding;
    this.transactions = transactions;
    this.progress = progress;
  }

  /**
   * Measures.
   *
   * @throws BenchException if the recovery does not end within ten minutes, or ends with another
   *     file
   */
  Recovery run() {
    try (Generator generator = new Generator(encoding)) {
      Targets.Degraded degraded =
          targets.startDegraded(jvmOptions, source -> fill(generator, source));
      Target raid = degraded.raid();
      raid.awaitReady(generator);
      progress.accept("recovering an empty backend");
      double seconds;
      try (Caller caller = generator.call(raid.address())) {
        seconds = recover(caller, degraded.empty());
      }
      raid.requireWhole(generator);
      long bytes = Files.size(degraded.from());
      if (Files.size(degraded.to()) != bytes) {
        throw new BenchException(
            degraded.to() + " has other " + Files.size(degraded.to()) + " bytes than " + bytes);
      }
      double copySeconds = copy(degraded.from(), degraded.to().resolveSibling("copy"));
      return new Recovery(bytes, transactions, seconds, copySeconds);
    } catch (IOException e) {
      throw new BenchException("can't copy the data: " + e.getMessage(), e);
    }
  }

  private void fill(Generator generator, Target source) {
    source.awaitReady(generator);
    progress.accept(
        String.format(Locale.ROOT, "filling the source of a recovery: %d commits", transactions));
    Workload commits = Workload.commits("fill", 1, OBJECTS, OBJECT_BYTES, transactions);
    long counted = generator.run(source.address(), commits, new Span(0, FILL_MILLIS)).operations();
    if (counted != transactions) {
      throw new BenchException(
          "only " + counted + " of " + transactions + " commits in " + FILL_MILLIS / 1000 + " s");
    }
  }

  private static double recover(Caller caller, String backend) {
    if (OPTIMAL.equals(caller.ask(new Request.RaidStatus()))) {
      throw new BenchException("there is nothing to recover: the empty backend is in sync");
    }
    long began = System.nanoTime();
    caller.ask(new Request.RaidRecover(backend));
    while (!OPTIMAL.equals(caller.ask(new Request.RaidStatus()))) {
      if (System.nanoTime() - began > LONGEST_NANOS) {
        throw new BenchException(
            "the recovery has not ended: " + caller.ask(new Request.RaidDetails()));
      }
      pause();
    }
    return (System.nanoTime() - began) / 1e9;
  }

  private static void pause() {
    try {
      Thread.sleep(AGAIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  /** Reads and writes, as {@code cp} does where a file system can't share what two files have. */
  private static double copy(Path from, Path to) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(COPY_BYTES);
    long began = System.nanoTime();
    try (FileChannel reader = FileChannel.open(from);
        FileChannel writer =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (reader.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          writer.write(buffer);
        }
        buffer.clear();
      }
      writer.force(true);
    }
    return (System.nanoTime() - began) / 1e9;
  }
}
