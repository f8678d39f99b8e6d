package io.zeoraid.server.transaction;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The operations of a large transaction, in a temporary file that is gone with it. Confined to the
 * event loop.
 */
final class Spool implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Spool.class);
  private static final int BUFFER_BYTES = 256 << 10;

  /** For reading a single operation. */
  private static final int SMALL_BUFFER_BYTES = 4 << 10;

  private static final int STORE = 1;
  private static final int CHECK = 2;
  private static final int DELETE = 3;
  private static final int RESTORE = 4;
  private static final int UNDO = 5;
  private static final int BLOB_START = 6;
  private static final int BLOB_CHUNK = 7;
  private static final int BLOB_END = 8;
  private static final int BLOB_SHARED = 9;

  /** The length of data that is not there. */
  private static final int NO_DATA = -1;

  private final long transaction;
  private final Path file;
  private final FileChannel channel;
  private final Counting counting;
  private final DataOutputStream out;
  private long operations;

  Spool(Path directory, long transaction) throws IOException {
    this.transaction = transaction;
    file = Files.createTempFile(directory, "zeoraid-transaction-", ".tmp");
    channel = open(file);
    counting =
        new Counting(new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES));
    out = new DataOutputStream(counting);
  }

  /** Opens a file that is gone afterwards, also if it can't be opened. */
  static FileChannel open(Path file) throws IOException {
    try {
      return FileChannel.open(
          file,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException | RuntimeException e) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  /**
   * Adds an operation.
   *
   * @return where it is in the file
   */
  long add(Request operation) throws IOException {
    long place = counting.bytes;
    switch (operation) {
      case Request.Store store -> {
        out.writeByte(STORE);
        out.writeLong(store.oid().value());
        out.writeLong(store.serial().value());
        write(store.data());
      }
      case Request.CheckCurrentSerial check -> {
        out.writeByte(CHECK);
        out.writeLong(check.oid().value());
        out.writeLong(check.serial().value());
      }
      case Request.DeleteObject delete -> {
        out.writeByte(DELETE);
        out.writeLong(delete.oid().value());
        out.writeLong(delete.serial().value());
      }
      case Request.Restore restore -> {
        out.writeByte(RESTORE);
        out.writeLong(restore.oid().value());
        out.writeLong(restore.serial().value());
        write(restore.data());
        Tid previous = restore.previous();
        out.writeBoolean(previous != null);
        out.writeLong(previous == null ? 0 : previous.value());
      }
      case Request.Undo undo -> {
        out.writeByte(UNDO);
        write(undo.undone());
      }
      case Request.StoreBlobStart start -> out.writeByte(BLOB_START);
      case Request.StoreBlobChunk chunk -> {
        out.writeByte(BLOB_CHUNK);
        write(chunk.chunk());
      }
      case Request.StoreBlobEnd end -> {
        out.writeByte(BLOB_END);
        out.writeLong(end.oid().value());
        out.writeLong(end.serial().value());
        write(end.data());
      }
      case Request.StoreBlobShared blob -> {
        out.writeByte(BLOB_SHARED);
        out.writeLong(blob.oid().value());
        out.writeLong(blob.serial().value());
        write(blob.data());
        out.writeUTF(blob.filename());
      }
      default ->
          throw new IllegalArgumentException(
              operation.method() + " is not an operation of a transaction");
    }
    operations++;
    return place;
  }

  private void write(byte @Nullable [] data) throws IOException {
    out.writeInt(data == null ? NO_DATA : data.length);
    if (data != null) {
      out.write(data);
    }
  }

  /** Hands all operations to the file. */
  void flush() throws IOException {
    out.flush();
  }

  /**
   * The operation at a place that {@link #add} has told.
   *
   * @throws IOException if it can't be read back
   */
  Request read(long place) throws IOException {
    flush();
    return operation(
        new DataInputStream(
            new BufferedInputStream(new ReadFrom(channel, place), SMALL_BUFFER_BYTES)));
  }

  /**
   * All operations, read from the file as they are wanted. Several may be read at once.
   *
   * @throws IOException if they can't be read back; the iterator then throws {@link
   *     UncheckedIOException}
   */
  Iterator<Request> operations() throws IOException {
    flush();
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(new ReadFrom(channel, 0), BUFFER_BYTES));
    return new Iterator<>() {
      private long read;

      @Override
      public boolean hasNext() {
        return read < operations;
      }

      @Override
      public Request next() {
        if (!hasNext()) {
          throw new NoSuchElementException("all " + operations + " operations were read");
        }
        read++;
        try {
          return operation(in);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  private Request operation(DataInputStream in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case STORE -> new Request.Store(oid(in), tid(in), present(data(in)), transaction);
      case CHECK -> new Request.CheckCurrentSerial(oid(in), tid(in), transaction);
      case DELETE -> new Request.DeleteObject(oid(in), tid(in), transaction);
      case RESTORE -> {
        Oid oid = oid(in);
        Tid serial = tid(in);
        byte[] data = data(in);
        boolean hasPrevious = in.readBoolean();
        Tid previous = tid(in);
        yield new Request.Restore(oid, serial, data, hasPrevious ? previous : null, transaction);
      }
      case UNDO -> new Request.Undo(present(data(in)), transaction);
      case BLOB_START -> new Request.StoreBlobStart();
      case BLOB_CHUNK -> new Request.StoreBlobChunk(present(data(in)));
      case BLOB_END -> new Request.StoreBlobEnd(oid(in), tid(in), present(data(in)), transaction);
      case BLOB_SHARED ->
          new Request.StoreBlobShared(
              oid(in), tid(in), present(data(in)), in.readUTF(), transaction);
      default -> throw changed();
    };
  }

  private static Oid oid(DataInputStream in) throws IOException {
    return new Oid(in.readLong());
  }

  private static Tid tid(DataInputStream in) throws IOException {
    return new Tid(in.readLong());
  }

  private static byte @Nullable [] data(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length == NO_DATA) {
      return null;
    }
    byte[] data = new byte[length];
    in.readFully(data);
    return data;
  }

  private byte[] present(byte @Nullable [] data) throws IOException {
    if (data == null) {
      throw changed();
    }
    return data;
  }

  private IOException changed() {
    return new IOException("the file " + file + " was changed by somebody else");
  }

  /** Never fails: whoever ends a transaction has nothing to do with a file that is left. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.warnf("the file %s can't be closed, and may be left: %s", file, e.getMessage());
    }
  }

  /** Counts what is written. */
  private static final class Counting extends FilterOutputStream {
    private long bytes;

    Counting(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      bytes++;
    }

    @Override
    public void write(byte[] b, int off, int len) throws IOException {
      out.write(b, off, len);
      bytes += len;
    }
  }
}
