package io.zeoraid.server.net.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.DefaultEventLoopGroup;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalServerChannel;
import io.zeoraid.config.SslConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two channels of Netty in this process, real handshakes between them. */
@Timeout(60)
class HandshakesTest {
  private static final String HOST = TestAuthority.HOST;

  @TempDir static Path folder;
  private static TestAuthority good;
  private static TestAuthority other;
  private static Path server;
  private static Path client;

  private final EventLoopGroup loops = new DefaultEventLoopGroup(1);
  private TlsFiles files;

  @BeforeAll
  static void issue() throws Exception {
    good = new TestAuthority(folder.resolve("good"));
    other = new TestAuthority(folder.resolve("other"));
    server = good.issue("server");
    client = good.issue("client");
  }

  @BeforeEach
  void open() {
    files = new TlsFiles();
  }

  @AfterEach
  void close() {
    loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    files.close();
  }

  /** What a side has heard first: "active", or what went wrong in words. */
  private static final class Outcome extends ChannelInboundHandlerAdapter {
    final CompletableFuture<String> first = new CompletableFuture<>();

    @Override
    public void channelActive(ChannelHandlerContext context) {
      first.complete("active");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      first.complete(String.valueOf(cause.getMessage()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      first.complete("closed");
    }
  }

  /** Speaks ZEO, without TLS, as soon as it can. */
  private static final class Greeting extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext context) {
      context.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 2, 'Z', '5'}));
      context.fireChannelActive();
    }
  }

  private record Both(String server, String client) {}

  /** Connects; null: that side speaks no TLS. */
  private Both meet(@Nullable Tls server, @Nullable Tls client) {
    Outcome atServer = new Outcome();
    Outcome atClient = new Outcome();
    LocalAddress address = new LocalAddress(HandshakesTest.class);
    Channel listening =
        new ServerBootstrap()
            .group(loops)
            .channel(LocalServerChannel.class)
            .childHandler(side(server, atServer))
            .bind(address)
            .syncUninterruptibly()
            .channel();
    Channel connected =
        new Bootstrap()
            .group(loops)
            .channel(LocalChannel.class)
            .handler(side(client, atClient))
            .connect(address)
            .syncUninterruptibly()
            .channel();
    Both both = new Both(atServer.first.join(), atClient.first.join());
    connected.close().syncUninterruptibly();
    listening.close().syncUninterruptibly();
    return both;
  }

  private static ChannelInitializer<Channel> side(@Nullable Tls tls, Outcome outcome) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel.pipeline().addLast(outcome);
        if (tls != null) {
          tls.secure(channel, "");
        } else {
          channel.pipeline().addFirst(new Greeting());
        }
      }
    };
  }

  private Both meet(SslConfig server, SslConfig client) throws IOException {
    return meet(files.server(server), files.client(client));
  }

  @Test
  void thoseWhoTrustEachOtherMeet() throws Exception {
    assertEquals(new Both("active", "active"), meet(good.config(server), good.config(client)));
  }

  @Test
  void whoWasIssuedByAnotherAuthorityIsRefused() throws Exception {
    SslConfig stranger =
        new SslConfig(
            other.issue("stranger"),
            Optional.empty(),
            Optional.empty(),
            Optional.of(good.pem().toString()),
            true,
            Optional.of(HOST));

    String said = meet(good.config(server), stranger).server();

    assertTrue(said.startsWith("TLS: ") && said.contains("trust anchors"), said);
  }

  @Test
  void whatHasExpiredIsRefused() throws Exception {
    String said = meet(good.config(server), good.config(good.issue("late", -1))).server();

    assertTrue(said.startsWith("TLS: NotAfter: "), said);
  }

  @Test
  void aServerOfAnotherNameIsRefusedUnlessNamesAreNotLookedAt() throws Exception {
    SslConfig right = good.config(client);
    SslConfig expecting =
        new SslConfig(
            client,
            right.key(),
            right.passwordFile(),
            right.authenticate(),
            true,
            Optional.of("zeoraid"));
    SslConfig careless =
        new SslConfig(
            client,
            right.key(),
            right.passwordFile(),
            right.authenticate(),
            false,
            Optional.of("zeoraid"));

    String said = meet(good.config(server), expecting).client();

    assertTrue(said.contains("No subject alternative DNS name matching zeoraid"), said);
    assertEquals(new Both("active", "active"), meet(good.config(server), careless));
  }

  @Test
  void whoSpeaksNoTlsIsToldApart() throws Exception {
    assertEquals("it does not speak TLS", meet(files.server(good.config(server)), null).server());
    assertEquals("it does not speak TLS", meet(null, files.client(good.config(client))).client());
  }

  @Test
  void whoNeverBeginsIsCutOffAfterTenSeconds() throws Exception {
    Outcome outcome = new Outcome();
    EmbeddedChannel silent = new EmbeddedChannel();
    silent.freezeTime();
    silent.pipeline().addLast(outcome);
    files.server(good.config(server)).secure(silent, "");

    silent.advanceTimeBy(9, TimeUnit.SECONDS);
    silent.runScheduledPendingTasks();
    assertTrue(silent.isOpen());
    silent.advanceTimeBy(2, TimeUnit.SECONDS);
    silent.runScheduledPendingTasks();

    assertFalse(silent.isOpen());
    assertEquals(
        "it did not finish the TLS handshake in time (or does not speak TLS)",
        outcome.first.join());
  }

  @Test
  void newConnectionsUseWhatTheFilesHoldNow() throws Exception {
    Path changing = Files.copy(server, folder.resolve("changing.pem"));
    Tls tls = files.server(good.config(changing));
    Tls asking = files.client(good.config(client));
    assertEquals(new Both("active", "active"), meet(tls, asking));

    Files.copy(other.issue("foreign"), changing, StandardCopyOption.REPLACE_EXISTING);
    tls.refresh();
    String said = meet(tls, asking).client();
    assertTrue(said.contains("trust anchors"), said);

    Files.writeString(changing, "broken");
    tls.refresh();
    assertEquals(said, meet(tls, asking).client());
  }
}
