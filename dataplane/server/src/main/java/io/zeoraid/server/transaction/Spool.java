package io.zeoraid.server.transaction;

import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The stores of a large transaction, in a temporary file that is gone with it. Confined to the
 * event loop.
 */
final class Spool implements AutoCloseable {
  private static final int BUFFER_BYTES = 256 << 10;
  private static final int STORE = 1;
  private static final int CHECK = 2;

  private final long transaction;
  private final Path file;
  private final FileChannel channel;
  private final DataOutputStream out;
  private long operations;

  Spool(Path directory, long transaction) throws IOException {
    this.transaction = transaction;
    file = Files.createTempFile(directory, "zeoraid-transaction-", ".tmp");
    channel =
        FileChannel.open(
            file,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    out =
        new DataOutputStream(
            new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES));
  }

  void add(Request operation) throws IOException {
    switch (operation) {
      case Request.Store store -> {
        out.writeByte(STORE);
        out.writeLong(store.oid().value());
        out.writeLong(store.serial().value());
        out.writeInt(store.data().length);
        out.write(store.data());
      }
      case Request.CheckCurrentSerial check -> {
        out.writeByte(CHECK);
        out.writeLong(check.oid().value());
        out.writeLong(check.serial().value());
      }
      default ->
          throw new IllegalArgumentException(
              operation.method() + " is not an operation of a transaction");
    }
    operations++;
  }

  /** Hands all operations to the file. */
  void flush() throws IOException {
    out.flush();
  }

  /**
   * The operations as frames, read from the file as they are wanted. Several may be read at once.
   */
  Iterator<byte[]> frames(Codec codec) throws IOException {
    flush();
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(new ReadFrom(channel), BUFFER_BYTES));
    return new Iterator<>() {
      private long read;

      @Override
      public boolean hasNext() {
        return read < operations;
      }

      @Override
      public byte[] next() {
        if (!hasNext()) {
          throw new NoSuchElementException("all " + operations + " operations were read");
        }
        read++;
        try {
          return codec.encodeCall(0, operation(in));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  private Request operation(DataInputStream in) throws IOException {
    int kind = in.readByte();
    Oid oid = new Oid(in.readLong());
    Tid serial = new Tid(in.readLong());
    return switch (kind) {
      case STORE -> {
        byte[] data = new byte[in.readInt()];
        in.readFully(data);
        yield new Request.Store(oid, serial, data, transaction);
      }
      case CHECK -> new Request.CheckCurrentSerial(oid, serial, transaction);
      default -> throw new IOException("the file " + file + " was changed by somebody else");
    };
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("can't delete " + file, e);
    }
  }
}
