package io.zeoraid.server.membership;

import io.zeoraid.raid.membership.Heartbeat;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the membership record in a file, for the ZEORaid servers of one machine: several processes,
 * or several stores in one. Under the lock of {@code FILE.lock} a change is compared, written to a
 * new file, forced to the disk, and put in the place of the old one; readers need no lock. The
 * heartbeat is in {@code FILE.primary}. The file system must be a local one.
 *
 * <p>Two threads of its own: one for the record, one for the heartbeat and the watch, so that a
 * slow disk does not silence a primary. A file that can't be read or understood is no answer,
 * rather than no record, and so is one that has vanished since it was seen.
 */
public final class FileMembershipStore implements MembershipStore {
  private static final Logger LOG = Logger.getLogger(FileMembershipStore.class);
  private static final long WATCH_MILLIS = 500;

  /** What tells whether the file is another one than before. */
  private record Stamp(@Nullable Object key, FileTime changed, long size) {}

  private final Path file;
  private final PrimaryFile primaryFile;
  private final ExecutorService worker;
  private final ScheduledExecutorService heart;
  private final AtomicBoolean beatIsDue = new AtomicBoolean();

  /** Whether there was a record at some time. */
  private volatile boolean seen;

  // On the heart's thread only.
  private @Nullable String beating;
  private long beats;
  private @Nullable Stamp watched;

  private FileMembershipStore(Path file, PrimaryFile primaryFile) {
    this.file = file;
    this.primaryFile = primaryFile;
    String name = "membership-" + file.getFileName();
    worker = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name(name).factory());
    heart =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name(name + "-heartbeat").factory());
  }

  /**
   * Opens the store. Others may have it open, too.
   *
   * @throws IOException if the folder does not exist or can't be written to; the message is for
   *     people
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
    // Stores of this process share what they hold, whichever way they name the folder.
    Path real = folder.toRealPath().resolve(absolute.getFileName());
    Path beside = sibling(real, ".primary");
    try {
      return new FileMembershipStore(real, PrimaryFile.open(beside));
    } catch (IOException e) {
      throw new IOException("the heartbeat file " + beside + " can't be opened: " + e, e);
    }
  }

  private static Path sibling(Path file, String ending) {
    return file.resolveSibling(file.getFileName() + ending);
  }

  /** Does something on a thread; after {@link #close} there is no answer. */
  private static <T> CompletionStage<T> on(Executor thread, Supplier<T> what) {
    try {
      return CompletableFuture.supplyAsync(what, thread);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("the membership store is closed", e));
    }
  }

  // The record.

  @Override
  public CompletionStage<Optional<Stored>> read() {
    return on(worker, this::readNow);
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
    return on(
        worker,
        () -> {
          try (RecordLock _ = RecordLock.take(sibling(file, ".lock"))) {
            return compareAndSetNow(version, record);
          } catch (IOException e) {
            throw new UncheckedIOException(file + " can't be written: " + words(e), e);
          }
        });
  }

  /** A plain one is our own, and says all; others need their name. */
  private static String words(IOException e) {
    return e.getClass() == IOException.class ? String.valueOf(e.getMessage()) : e.toString();
  }

  private Outcome compareAndSetNow(Optional<String> version, MembershipRecord record)
      throws IOException {
    Optional<Stored> current = readNow();
    if (!current.map(Stored::version).equals(version)) {
      // The present record may be that of an earlier attempt, which failed only here.
      forceFolder();
      return new Outcome.Refused(
          current.orElseThrow(
              () -> new IllegalStateException("there is no membership record " + file)));
    }
    long next = version.map(FileMembershipStore::number).orElse(0L) + 1;
    Stored stored = new Stored(Long.toString(next), record);
    replace(MembershipJson.write(stored));
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
    Path fresh = sibling(file, ".new");
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

  // The watch.

  @Override
  public void watch(Consumer<Stored> changed) {
    // Looks once more after each reading: a change within a tick of the file's clock is not missed
    // for ever, since its inode is another one.
    heart.scheduleWithFixedDelay(
        () -> lookForChange(changed), 0, WATCH_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void lookForChange(Consumer<Stored> changed) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      Stamp stamp = new Stamp(now.fileKey(), now.lastModifiedTime(), now.size());
      if (!stamp.equals(watched)) {
        Optional<Stored> stored = readNow();
        watched = stamp;
        stored.ifPresent(changed);
      }
    } catch (IOException | RuntimeException e) {
      // A reading tells of it; this one tries again.
      LOG.debugf(e, "%s can't be watched", file);
    }
  }

  // The heartbeat.

  @Override
  public void beat(String primary) {
    if (beatIsDue.compareAndSet(false, true)) {
      onHeart(() -> {
        beatIsDue.set(false);
        if (!primary.equals(beating)) {
          end();
        }
        beating = primary;
        beats++;
        if (!primaryFile.beat(primary, beats)) {
          LOG.debugf("%s was being looked at; the next beat will show", file);
        }
      });
    }
  }

  @Override
  public void endBeats() {
    onHeart(this::end);
  }

  private void end() throws IOException {
    String primary = beating;
    beating = null;
    if (primary != null) {
      primaryFile.end(primary);
    }
  }

  @Override
  public CompletionStage<Heartbeat> heartbeat() {
    return on(
        heart,
        () -> {
          try {
            return primaryFile.look();
          } catch (IOException e) {
            throw new UncheckedIOException("the heartbeat can't be read: " + words(e), e);
          }
        });
  }

  private interface Beat {
    void run() throws IOException;
  }

  private void onHeart(Beat what) {
    var _ =
        on(
            heart,
            () -> {
              try {
                what.run();
              } catch (IOException | RuntimeException e) {
                LOG.debugf(e, "the heartbeat beside %s failed", file);
              }
              return true;
            });
  }

  /** Waits for what is under way. */
  @Override
  public void close() {
    if (heart.isShutdown()) {
      return;
    }
    endBeats();
    heart.close();
    worker.close();
    try {
      primaryFile.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the heartbeat file of " + file + " can't be closed", e);
    }
  }
}
