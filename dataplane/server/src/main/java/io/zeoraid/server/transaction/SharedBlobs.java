package io.zeoraid.server.transaction;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The files that a client has handed over by name in one transaction. They stay where they are, are
 * read while they are sent, and removed when the transaction is over, whatever became of it, as a
 * stock server does ({@code ZEO/StorageServer.py}, _clear_transaction). Confined to the event loop.
 */
final class SharedBlobs implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(SharedBlobs.class);

  /** As much as a ZEO client puts into one message. */
  private static final int CHUNK_BYTES = 59_000;

  private record Name(Oid oid, String file) {}

  private final SharedDirectory directory;
  private final Map<Name, SharedDirectory.Version> taken = new LinkedHashMap<>();
  private final Set<SeekableByteChannel> reading = new HashSet<>();
  private boolean closed;

  SharedBlobs(SharedDirectory directory) {
    this.directory = directory;
  }

  /**
   * Takes a file into the transaction.
   *
   * @return its length in bytes
   * @throws IOException if that is not possible; in words
   */
  long take(Request.StoreBlobShared blob) throws IOException {
    SharedDirectory.Version found = directory.look(blob.oid(), blob.filename());
    taken.put(new Name(blob.oid(), blob.filename()), found);
    return found.length();
  }

  int count() {
    return taken.size();
  }

  /**
   * The operations, with the content of each file in the place of its name. An iterator throws
   * {@link UncheckedIOException} if a file can't be read, or was changed since it was taken: the
   * backends must not get different ones.
   */
  Iterator<Request> contents(Iterator<Request> operations) {
    return new Iterator<>() {
      private @Nullable Content content;

      @Override
      public boolean hasNext() {
        return content != null || operations.hasNext();
      }

      @Override
      public Request next() {
        try {
          Content now = content;
          if (now == null) {
            Request operation = operations.next();
            if (!(operation instanceof Request.StoreBlobShared blob)) {
              return operation;
            }
            content = new Content(blob);
            return new Request.StoreBlobStart();
          }
          Request part = now.next();
          if (part instanceof Request.StoreBlobEnd) {
            content = null;
          }
          return part;
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  /** One file that is being read, after its beginning was told. */
  private final class Content {
    private final Request.StoreBlobShared blob;
    private final SharedDirectory.Version version;
    private final SeekableByteChannel file;
    private long left;

    Content(Request.StoreBlobShared blob) throws IOException {
      SharedDirectory.Version found = taken.get(new Name(blob.oid(), blob.filename()));
      if (closed || found == null) {
        throw new IOException("the transaction has ended");
      }
      this.blob = blob;
      version = found;
      left = found.length();
      file = directory.open(blob.oid(), blob.filename(), found);
      reading.add(file);
    }

    Request next() throws IOException {
      if (left > 0) {
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(left, CHUNK_BYTES));
        while (chunk.hasRemaining()) {
          if (file.read(chunk) < 0) {
            throw directory.changed(blob.filename());
          }
        }
        left -= chunk.capacity();
        return new Request.StoreBlobChunk(chunk.array());
      }
      reading.remove(file);
      file.close();
      if (!directory.look(blob.oid(), blob.filename()).equals(version)) {
        throw directory.changed(blob.filename());
      }
      return new Request.StoreBlobEnd(blob.oid(), blob.serial(), blob.data(), blob.transaction());
    }
  }

  @Override
  public void close() {
    closed = true;
    for (SeekableByteChannel file : reading) {
      try {
        file.close();
      } catch (IOException e) {
        LOG.warnf("a file in %s can't be closed: %s", directory, e.getMessage());
      }
    }
    reading.clear();
    for (Name name : taken.keySet()) {
      try {
        directory.remove(name.oid(), name.file());
      } catch (IOException e) {
        LOG.warnf("%s in %s can't be removed: %s", name.file(), directory, e.getMessage());
      }
    }
    taken.clear();
  }
}
