package io.zeoraid.server.membership;

import io.zeoraid.raid.membership.Heartbeat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The heartbeat of a primary on one machine. The file names the primary that beat last, with a
 * counter; and a beating process holds a lock of the operating system on one byte of it, which the
 * primary's id determines, so that the end of the process is known at once. Bytes that differ: a
 * primary that is merely stopped does not keep its successor from beating.
 *
 * <p>All stores of this process share one channel of a file, because POSIX locks are the process's,
 * and are lost when it closes any channel of the file. Any thread.
 */
final class PrimaryFile {
  private static final int SIZE = 512;
  private static final Map<Path, PrimaryFile> OPEN = new HashMap<>();

  private final Path file;
  private final Map<String, FileLock> beating = new HashMap<>();
  private FileChannel channel;
  private @Nullable Object key;
  private int users;

  private PrimaryFile(Path file) throws IOException {
    this.file = file;
    channel = openChannel(file);
    key = key(file);
  }

  /**
   * Opens the file, which is made if there is none. Each opening needs a {@link #close}.
   *
   * @param file its real path
   */
  static PrimaryFile open(Path file) throws IOException {
    synchronized (OPEN) {
      PrimaryFile opened = OPEN.get(file);
      if (opened == null) {
        opened = new PrimaryFile(file);
        OPEN.put(file, opened);
      }
      opened.users++;
      return opened;
    }
  }

  private static FileChannel openChannel(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static @Nullable Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  /** Somebody may have deleted the file, and others have made a new one: that one counts. */
  private void follow() throws IOException {
    Object now;
    try {
      now = key(file);
    } catch (NoSuchFileException _) {
      now = null;
    }
    if (channel.isOpen() && now != null && Objects.equals(now, key)) {
      return;
    }
    if (channel.isOpen() && now == null && key == null && Files.exists(file)) {
      // A system that has no such keys.
      return;
    }
    beating.clear();
    channel.close();
    channel = openChannel(file);
    key = key(file);
  }

  /**
   * Shows a beat.
   *
   * @return whether it could; if not, somebody was just looking, and the next one will
   */
  synchronized boolean beat(String primary, long count) throws IOException {
    byte[] text = (primary + "\n" + count + "\n").getBytes(StandardCharsets.UTF_8);
    if (text.length > SIZE) {
      throw new IllegalArgumentException("the id of a primary is too long: " + primary);
    }
    follow();
    if (!beating.containsKey(primary)) {
      FileLock lock = tryLock(primary, false);
      if (lock == null) {
        return false;
      }
      beating.put(primary, lock);
    }
    byte[] block = Arrays.copyOf(text, SIZE);
    Arrays.fill(block, text.length, SIZE, (byte) '\n');
    ByteBuffer bytes = ByteBuffer.wrap(block);
    while (bytes.hasRemaining()) {
      channel.write(bytes, bytes.position());
    }
    return true;
  }

  /** This primary does not beat any more. */
  synchronized void end(String primary) throws IOException {
    FileLock lock = beating.remove(primary);
    if (lock != null && lock.isValid()) {
      lock.release();
    }
  }

  /**
   * What the file shows.
   *
   * @throws IOException if it can't be read, or holds something else
   */
  synchronized Heartbeat look() throws IOException {
    follow();
    ByteBuffer bytes = ByteBuffer.allocate(SIZE);
    while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) > 0) {}
    if (bytes.position() == 0) {
      return new Heartbeat.Silent();
    }
    List<String> lines =
        new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).lines().toList();
    if (lines.size() < 2 || !lines.get(1).matches("[0-9]+")) {
      throw new IOException(file + " does not look like a heartbeat; delete it");
    }
    String primary = lines.get(0);
    return isBeating(primary)
        ? new Heartbeat.Beating(primary, lines.get(1))
        : new Heartbeat.Silent();
  }

  private boolean isBeating(String primary) throws IOException {
    if (beating.containsKey(primary)) {
      return true;
    }
    // Shared, so that two who look don't take each other for the primary.
    FileLock probe = tryLock(primary, true);
    if (probe == null) {
      return true;
    }
    probe.release();
    return false;
  }

  private @Nullable FileLock tryLock(String primary, boolean shared) throws IOException {
    long position = SIZE + Integer.toUnsignedLong(primary.hashCode());
    try {
      return channel.tryLock(position, 1, shared);
    } catch (OverlappingFileLockException _) {
      return null;
    }
  }

  /** The last one who closes it closes the file, and with it what is locked. */
  void close() throws IOException {
    synchronized (OPEN) {
      users--;
      if (users == 0) {
        OPEN.remove(file);
        synchronized (this) {
          channel.close();
        }
      }
    }
  }
}
