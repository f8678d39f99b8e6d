package io.zeoraid.server.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.zeoraid.config.Address;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Unix sockets to listen at; the rest is tested with what uses it. */
@Timeout(60)
final class SocketsTest {
  private final Loop loop = new Loop("test");
  @TempDir private Path directory;

  @AfterEach
  void stop() {
    loop.close();
  }

  @Test
  void replacesASocketThatAKilledServerHasLeftBehind() throws IOException {
    Path path = directory.resolve("zeo.sock");
    server(path).close();
    assertTrue(Files.exists(path));

    ChannelFuture listening = listen(path);

    assertTrue(listening.isSuccess(), String.valueOf(listening.cause()));
    SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
  }

  @Test
  void leavesASocketAloneAtWhichSomebodyListens() throws IOException {
    Path path = directory.resolve("zeo.sock");
    try (ServerSocketChannel other = server(path)) {
      assertFalse(listen(path).isSuccess());
      SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
      other.accept().close();
    }
  }

  @Test
  void leavesAnOrdinaryFileAlone() throws IOException {
    Path path = Files.writeString(directory.resolve("zeo.sock"), "precious");

    assertFalse(listen(path).isSuccess());
    assertEquals("precious", Files.readString(path));
  }

  private ChannelFuture listen(Path path) {
    return Sockets.listen(loop, new Address.Unix(path), new ChannelInboundHandlerAdapter())
        .awaitUninterruptibly();
  }

  private static ServerSocketChannel server(Path path) throws IOException {
    return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(path));
  }
}
