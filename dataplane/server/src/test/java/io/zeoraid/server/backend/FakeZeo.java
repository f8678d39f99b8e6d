package io.zeoraid.server.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zeoraid.config.Address;
import io.zeoraid.protocol.Call;
import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A ZEO server that does exactly what a test tells it to. Confined to one thread; blocks. */
final class FakeZeo implements AutoCloseable {
  private final ServerSocketChannel listening;

  private FakeZeo(ServerSocketChannel listening) {
    this.listening = listening;
  }

  static FakeZeo onLoopback() throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    // What is not read shall stay with the client.
    channel.setOption(StandardSocketOptions.SO_RCVBUF, 64 << 10);
    return new FakeZeo(channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
  }

  static FakeZeo onUnixSocket(Path path) throws IOException {
    return new FakeZeo(
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
            .bind(UnixDomainSocketAddress.of(path)));
  }

  Address address() throws IOException {
    return switch (listening.getLocalAddress()) {
      case InetSocketAddress inet -> new Address.Tcp("127.0.0.1", inet.getPort());
      case UnixDomainSocketAddress unix -> new Address.Unix(unix.getPath());
      default -> throw new IllegalStateException("no such family");
    };
  }

  /** Waits for a connection. */
  Peer accept() throws IOException {
    return new Peer(listening.accept());
  }

  /** Waits for a connection and takes it as a stock server would, up to {@code get_info}. */
  Peer acceptReady(Tid last) throws IOException {
    Peer peer = accept();
    peer.greet("Z5");
    assertEquals("Z5", peer.readText());
    Call register = peer.expect("register");
    Call info = peer.expect("get_info");
    peer.expect("set_client_label");
    peer.reply(register, last.toBytes());
    peer.reply(info, Map.of("length", 3L, "size", 4L));
    return peer;
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }

  /** One connection. */
  static final class Peer implements AutoCloseable {
    private static final Codec CODEC = Codec.of(Encoding.PICKLE, Limits.DEFAULT);

    private final SocketChannel channel;
    private final DataInputStream in;
    private final OutputStream out;

    private Peer(SocketChannel channel) {
      this.channel = channel;
      in = new DataInputStream(Channels.newInputStream(channel));
      out = Channels.newOutputStream(channel);
    }

    void greet(String text) throws IOException {
      write(Handshake.frame(text.getBytes(StandardCharsets.US_ASCII)));
    }

    void write(byte[] bytes) throws IOException {
      out.write(bytes);
    }

    String readText() throws IOException {
      return new String(readFrame(), StandardCharsets.US_ASCII);
    }

    private byte[] readFrame() throws IOException {
      byte[] body = new byte[in.readInt()];
      in.readFully(body);
      return body;
    }

    /** The next call, whatever it is. */
    Call next() throws IOException {
      Call call = CODEC.decodeCall(ByteBuffer.wrap(readFrame()));
      if (call == null) {
        throw new IOException("a keep-alive");
      }
      return call;
    }

    /** The next call but pings, which are answered. */
    Call nextButPings() throws IOException {
      Call call = next();
      while (call.request() instanceof Request.Ping) {
        reply(call, null);
        call = next();
      }
      return call;
    }

    /** The next call but pings, which are answered; it must be this one. */
    Call expect(String method) throws IOException {
      Call call = nextButPings();
      assertEquals(method, call.request().method());
      return call;
    }

    void reply(Call call, @Nullable Object value) throws IOException {
      write(CODEC.encodeReply(call.id(), value));
    }

    void fail(Call call, RemoteError error) throws IOException {
      write(CODEC.encodeFailure(call.id(), error));
    }

    void send(ServerMessage message) throws IOException {
      write(CODEC.encodeAsync(message));
    }

    /** Reads until the client has closed the connection. */
    void awaitClose() throws IOException {
      int read = 0;
      while (read >= 0) {
        try {
          read = in.read(new byte[64 << 10]);
        } catch (IOException e) {
          // A reset is an end, too.
          read = -1;
        }
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
