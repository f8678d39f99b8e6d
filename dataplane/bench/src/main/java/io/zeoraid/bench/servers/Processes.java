package io.zeoraid.bench.servers;

import io.zeoraid.bench.generator.BenchException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All processes that this run starts, and the folder in which they work. Both end with it: on
 * {@link #close}, and when the JVM is told to end (Ctrl-C). Thread-safe.
 */
public final class Processes implements AutoCloseable {
  private static final long STOP_SECONDS = 5;

  private final Path folder;
  private final Deque<Process> running = new ArrayDeque<>();
  private final Thread hook = new Thread(this::end, "end of all servers");
  private boolean ended;

  /**
   * @param parent where the folder is created
   */
  public Processes(Path parent) {
    try {
      folder = Files.createTempDirectory(parent, "zeoraid-bench-");
    } catch (IOException e) {
      throw new BenchException("can't create a folder in " + parent + ": " + e.getMessage(), e);
    }
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** The folder, for the processes' data. */
  public Path folder() {
    return folder;
  }

  /** Starts a process in a folder of its own; what it says goes to {@code log} there. */
  synchronized ServerProcess start(String name, Path home, List<String> command) {
    if (ended) {
      throw new BenchException("stopped");
    }
    Path log = home.resolve("log");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(home.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      process.getOutputStream().close();
      running.push(process);
      return new ServerProcess(name, process, log);
    } catch (IOException e) {
      throw new BenchException("can't start " + name + ": " + e.getMessage(), e);
    }
  }

  /** Whether everything was ended, which may be why something else failed. */
  public synchronized boolean isEnded() {
    return ended;
  }

  /** Ends all processes and deletes the folder. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook does it.
      return;
    }
    end();
  }

  private synchronized void end() {
    if (ended) {
      return;
    }
    ended = true;
    running.forEach(Process::destroy);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(STOP_SECONDS);
    for (Process process : running) {
      awaitEnd(process, deadline - System.nanoTime());
    }
    delete();
  }

  private static void awaitEnd(Process process, long nanos) {
    try {
      if (!process.waitFor(Math.max(0, nanos), TimeUnit.NANOSECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void delete() {
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException trouble)
                throws IOException {
              Files.delete(directory);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      System.err.println("bench: can't delete " + folder + ": " + e.getMessage());
    }
  }
}
