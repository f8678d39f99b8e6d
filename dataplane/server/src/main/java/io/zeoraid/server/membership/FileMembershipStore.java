package io.zeoraid.server.membership;

import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the membership record in a file: for one ZEORaid server on one machine. A change is written
 * to a new file, forced to the disk, and put in the place of the old one. A lock file beside it,
 * held as long as the store is open, keeps a second server away.
 *
 * <p>Its work is done on a thread of its own. A file that can't be read or understood is no answer,
 * rather than no record, and so is one that has vanished since it was seen.
 */
public final class FileMembershipStore implements MembershipStore {
  private final Path file;
  private final FileChannel lockFile;
  private final FileLock lock;
  private final ExecutorService worker;

  /** Whether there was a record at some time. On the worker's thread only. */
  private boolean seen;

  private FileMembershipStore(Path file, FileChannel lockFile, FileLock lock) {
    this.file = file;
    this.lockFile = lockFile;
    this.lock = lock;
    this.worker =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("membership-" + file.getFileName()).factory());
  }

  /**
   * Opens the store and takes its lock.
   *
   * @throws IOException if another server holds the lock, or the folder can't be written to; the
   *     message is for people
   */
  public static FileMembershipStore open(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException(
          "the folder of the membership file "
              + absolute
              + " does not exist; make it, or set membership-file");
    }
    Path lockPath = absolute.resolveSibling(absolute.getFileName() + ".lock");
    FileChannel channel;
    try {
      channel = FileChannel.open(lockPath, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new IOException("the lock file " + lockPath + " can't be opened: " + e, e);
    }
    FileLock lock = tryLock(channel);
    if (lock == null) {
      channel.close();
      throw new IOException(
          "another ZEORaid server uses the membership file "
              + absolute
              + " ("
              + lockPath
              + " is locked)");
    }
    return new FileMembershipStore(absolute, channel, lock);
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public CompletionStage<Optional<Stored>> read() {
    return CompletableFuture.supplyAsync(this::readNow, worker);
  }

  private Optional<Stored> readNow() {
    try {
      Stored stored = MembershipJson.read(Files.readString(file));
      number(stored.version());
      seen = true;
      return Optional.of(stored);
    } catch (NoSuchFileException e) {
      if (seen) {
        throw new IllegalStateException(
            file
                + " has vanished. Restore it; without it a restarted server has to take the backends as they are",
            e);
      }
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          file
              + " is not a membership record: "
              + e.getMessage()
              + ". Restore it; don't delete it lightly",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " can't be read: " + e, e);
    }
  }

  @Override
  public CompletionStage<Outcome> compareAndSet(Optional<String> version, MembershipRecord record) {
    return CompletableFuture.supplyAsync(() -> compareAndSetNow(version, record), worker);
  }

  private Outcome compareAndSetNow(Optional<String> version, MembershipRecord record) {
    Optional<Stored> current = readNow();
    if (!current.map(Stored::version).equals(version)) {
      try {
        // The present record may be that of an earlier attempt, which failed only here.
        forceFolder();
      } catch (IOException e) {
        throw new UncheckedIOException("the folder of " + file + " can't be forced: " + e, e);
      }
      return new Outcome.Refused(
          current.orElseThrow(
              () -> new IllegalStateException("there is no membership record " + file)));
    }
    long next = version.map(FileMembershipStore::number).orElse(0L) + 1;
    Stored stored = new Stored(Long.toString(next), record);
    try {
      replace(MembershipJson.write(stored));
    } catch (IOException e) {
      throw new UncheckedIOException(file + " can't be written: " + e, e);
    }
    seen = true;
    return new Outcome.Written(stored);
  }

  private static long number(String version) {
    try {
      return Long.parseLong(version);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("version should be a number, not " + version, e);
    }
  }

  private void replace(String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try (FileChannel out =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    forceFolder();
  }

  private void forceFolder() throws IOException {
    try (FileChannel folder = FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  @Override
  public void close() {
    worker.close();
    try {
      lock.release();
      lockFile.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the lock of " + file + " can't be released", e);
    }
  }
}
