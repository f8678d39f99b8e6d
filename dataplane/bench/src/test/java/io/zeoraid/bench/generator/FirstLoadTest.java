package io.zeoraid.bench.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.bench.echo.EchoServer;
import io.zeoraid.protocol.Encoding;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FirstLoadTest {
  private static final int BACKLOG = 5;

  @ParameterizedTest
  @EnumSource(Encoding.class)
  void returnsOnceALoadWasAnswered(Encoding encoding) {
    try (EchoServer echo = new EchoServer(encoding)) {
      new FirstLoad(null).await(echo.address(), () -> {});
      new FirstLoad(Encoding.MSGPACK).await(echo.address(), () -> {});
    }
  }

  @Test
  void triesAgainUntilItsServerIsThere() throws Exception {
    InetSocketAddress later = nobody();
    AtomicInteger tries = new AtomicInteger();
    EchoServer[] started = new EchoServer[1];
    new FirstLoad(null)
        .await(
            later,
            () -> {
              if (tries.incrementAndGet() == 3) {
                started[0] = new EchoServer(Encoding.PICKLE, later);
              }
            });
    started[0].close();
    assertTrue(tries.get() >= 3);
  }

  @Test
  void triesAgainIfItIsSentAway() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    try (ServerSocket unkind = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> sendAway(unkind));
      InetSocketAddress address = (InetSocketAddress) unkind.getLocalSocketAddress();
      BenchException over =
          assertThrows(
              BenchException.class,
              () ->
                  new FirstLoad(null)
                      .await(
                          address,
                          () -> {
                            if (tries.incrementAndGet() == 3) {
                              throw new BenchException("the server has ended");
                            }
                          }));
      assertEquals("the server has ended", over.getMessage());
    }
  }

  private static void sendAway(ServerSocket unkind) {
    try {
      while (true) {
        unkind.accept().close();
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private static InetSocketAddress nobody() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return (InetSocketAddress) socket.getLocalSocketAddress();
    }
  }
}
