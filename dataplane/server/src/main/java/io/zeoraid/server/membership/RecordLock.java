package io.zeoraid.server.membership;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The right to replace a file: one holder at a time among all processes of this machine and all
 * threads of this one. A lock of the operating system, so that it ends with its process; and since
 * those are held by processes, and are lost as soon as the process closes <i>any</i> channel of the
 * file (POSIX {@code fcntl}), a mutex for each file beside it. Any thread; blocks.
 */
final class RecordLock implements AutoCloseable {
  private static final long WAIT_MILLIS = 5000;
  private static final long POLL_MILLIS = 5;
  private static final ConcurrentMap<Path, ReentrantLock> MUTEXES = new ConcurrentHashMap<>();

  private final ReentrantLock mutex;
  private final FileChannel channel;

  private RecordLock(ReentrantLock mutex, FileChannel channel) {
    this.mutex = mutex;
    this.channel = channel;
  }

  /**
   * Waits for the lock.
   *
   * @param file the lock file; made if there is none, and never deleted
   * @throws IOException if it can't be had for a few seconds, or not at all
   */
  static RecordLock take(Path file) throws IOException {
    ReentrantLock mutex = MUTEXES.computeIfAbsent(file, _ -> new ReentrantLock());
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS);
    try {
      if (!mutex.tryLock(WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
        throw busy(file);
      }
      boolean taken = false;
      try {
        FileChannel channel = lock(file, deadline);
        taken = true;
        return new RecordLock(mutex, channel);
      } finally {
        if (!taken) {
          mutex.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for " + file, e);
    }
  }

  private static FileChannel lock(Path file, long deadline)
      throws IOException, InterruptedException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      FileLock lock = channel.tryLock();
      while (lock == null) {
        if (System.nanoTime() - deadline > 0) {
          throw busy(file);
        }
        Thread.sleep(POLL_MILLIS);
        lock = channel.tryLock();
      }
      locked = true;
      return channel;
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  private static IOException busy(Path file) {
    return new IOException(
        "another process has held "
            + file
            + " for "
            + WAIT_MILLIS / 1000
            + " s; if a ZEORaid server is stopped or hung, end it");
  }

  /** Gives the lock back. */
  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      mutex.unlock();
    }
  }
}
