package io.zeoraid.bench.generator;

import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A client that is there before its server: it tries to connect {@value #TRIES_PER_SECOND} times a
 * second, and once it is let in it registers and loads one object. Blocks.
 */
public final class FirstLoad {
  private static final int TRIES_PER_SECOND = 2000;
  private static final int ANSWER_MILLIS = 60_000;
  private static final int MOST_BYTES = 1 << 20;
  private static final long REGISTER = 1;
  private static final long LOAD = 2;
  private static final Oid FIRST = new Oid(1);

  private final @Nullable Encoding wanted;

  /**
   * @param wanted the encoding to answer the greeting with; null for the one that is announced
   */
  public FirstLoad(@Nullable Encoding wanted) {
    this.wanted = wanted;
  }

  /**
   * Returns as soon as the load was answered.
   *
   * @param alive throws if there is nothing to wait for
   * @throws BenchException if there is no answer within a minute, or a wrong one
   */
  public void await(InetSocketAddress address, Runnable alive) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ANSWER_MILLIS);
    while (true) {
      try {
        load(address);
        return;
      } catch (IOException e) {
        alive.run();
        if (System.nanoTime() > deadline) {
          throw new BenchException(
              "no load was answered within " + ANSWER_MILLIS / 1000 + " s: " + e, e);
        }
      }
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / TRIES_PER_SECOND);
    }
  }

  private void load(InetSocketAddress address) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(ANSWER_MILLIS);
      socket.connect(address, ANSWER_MILLIS);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      Encoding announced = Handshake.greeting(frame(in));
      Codec codec = Codec.of(wanted == null ? announced : wanted, Limits.DEFAULT);
      out.write(Handshake.frame(codec.encoding()));
      out.write(codec.encodeCall(REGISTER, new Request.Register("1", false)));
      Tid before = Results.tid(reply(codec, in, REGISTER)).next();
      out.write(codec.encodeCall(LOAD, new Request.LoadBefore(FIRST, before)));
      String fault = Records.fault(FIRST, Results.loaded(reply(codec, in, LOAD)));
      if (fault != null) {
        throw new BenchException("the first load: " + fault);
      }
    }
  }

  /** What comes meanwhile is not for it. */
  private static @Nullable Object reply(Codec codec, DataInputStream in, long call)
      throws IOException {
    while (true) {
      ServerMessage message = codec.decodeServerMessage(frame(in));
      if (message instanceof ServerMessage.Reply reply && reply.id() == call) {
        return reply.value();
      } else if (message instanceof ServerMessage.Failure failure) {
        throw new IOException("refused: " + Errors.describe(failure.error()));
      }
    }
  }

  private static ByteBuffer frame(DataInputStream in) throws IOException {
    int bytes = in.readInt();
    if (bytes < 0 || bytes > MOST_BYTES) {
      throw new BenchException("a message of " + bytes + " bytes, expected at most " + MOST_BYTES);
    }
    byte[] body = in.readNBytes(bytes);
    if (body.length < bytes) {
      throw new EOFException("the server closed the connection within a message");
    }
    return ByteBuffer.wrap(body);
  }
}
