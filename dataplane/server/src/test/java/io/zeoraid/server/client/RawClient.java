package io.zeoraid.server.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A ZEO client that says exactly what a test tells it to. Confined to one thread; blocks. */
final class RawClient implements AutoCloseable {
  private static final int ANSWER_MILLIS = 30_000;

  private final Socket socket;
  private final DataInputStream in;
  private final Codec codec;
  private long calls;

  /** Connects and shakes no hands. */
  RawClient(int port, Encoding encoding) throws IOException {
    socket = new Socket();
    // A small buffer, so that what is not read stays with the server.
    socket.setReceiveBufferSize(64 << 10);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_MILLIS);
    socket.setSoTimeout(ANSWER_MILLIS);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
    codec = Codec.of(encoding, Limits.DEFAULT);
  }

  /** Reads the greeting, answers it, and registers. */
  static RawClient registered(int port, boolean readOnly) throws IOException {
    RawClient client = handshaken(port);
    client.result(new Request.Register("1", readOnly));
    return client;
  }

  /** Reads the greeting and answers it. */
  static RawClient handshaken(int port) throws IOException {
    RawClient client = new RawClient(port, Encoding.PICKLE);
    client.readFrame();
    client.write(Handshake.frame(Encoding.PICKLE));
    return client;
  }

  void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** A body without its length. */
  byte[] readFrame() throws IOException {
    byte[] body = new byte[in.readInt()];
    in.readFully(body);
    return body;
  }

  String readText() throws IOException {
    return new String(readFrame(), StandardCharsets.US_ASCII);
  }

  /** Sends a call, and returns its id. */
  long send(Request request) throws IOException {
    write(codec.encodeCall(++calls, request));
    return calls;
  }

  /** Sends many calls at once; their ids end with the one that is returned. */
  long sendAll(int count, Request request) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(count * codec.encodeCall(calls + count, request).length);
    for (int i = 0; i < count; i++) {
      all.put(codec.encodeCall(++calls, request));
    }
    socket.getOutputStream().write(all.array(), 0, all.position());
    return calls;
  }

  ServerMessage read() throws IOException {
    return codec.decodeServerMessage(ByteBuffer.wrap(readFrame()));
  }

  /** The next message but for the sizes that come with each commit. */
  private ServerMessage answer() throws IOException {
    ServerMessage message = read();
    while (message instanceof ServerMessage.Info) {
      message = read();
    }
    return message;
  }

  /** The result of a call that was sent. */
  @Nullable Object result(long id) throws IOException {
    ServerMessage.Reply reply = assertInstanceOf(ServerMessage.Reply.class, answer());
    assertEquals(id, reply.id());
    return reply.value();
  }

  /** Calls, and returns the result. */
  @Nullable Object result(Request request) throws IOException {
    return result(send(request));
  }

  /** The result of a call that was sent; it must be a list. */
  List<?> list(long id) throws IOException {
    return assertInstanceOf(List.class, result(id));
  }

  /** Calls, and returns the result, which must be a list. */
  List<?> list(Request request) throws IOException {
    return list(send(request));
  }

  /** Calls, and returns the result, which must be a tid. */
  Tid tid(Request request) throws IOException {
    return Results.tid(result(request));
  }

  /** Calls, and returns the error. */
  RemoteError error(Request request) throws IOException {
    return error(send(request));
  }

  /** The error of a call that was sent. */
  RemoteError error(long id) throws IOException {
    ServerMessage.Failure failure = assertInstanceOf(ServerMessage.Failure.class, answer());
    assertEquals(id, failure.id());
    return failure.error();
  }

  /** Reads until the server has closed the connection; returns how many bytes came before. */
  long awaitClose() throws IOException {
    long count = 0;
    try {
      for (int read = in.read(); read >= 0; read = in.read(new byte[64 << 10])) {
        count++;
      }
    } catch (EOFException | SocketException e) {
      // A reset is an end, too.
    }
    return count;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
