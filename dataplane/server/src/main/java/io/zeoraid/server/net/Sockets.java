package io.zeoraid.server.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.zeoraid.config.Address;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Opens TCP and unix sockets. TCP_NODELAY everywhere: a small message never waits for the answer to
 * the one before it.
 */
public final class Sockets {
  private static final int BACKLOG = 1024;
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(512 << 10, 1 << 20);

  private static final NameLookup NAMES = new NameLookup();

  private Sockets() {}

  /** Connects; the name is looked up anew each time. */
  public static ChannelFuture connect(
      Loop loop, Address address, long millis, ChannelHandler handler) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop.netty())
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .handler(handler);
    return switch (address) {
      case Address.Tcp tcp ->
          bootstrap
              .channelFactory(NioSocketChannel::new)
              .resolver(NAMES)
              .option(ChannelOption.TCP_NODELAY, true)
              .option(ChannelOption.SO_KEEPALIVE, true)
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.max(1, millis))
              .connect(
                  InetSocketAddress.createUnresolved(
                      tcp.host().isEmpty() ? "127.0.0.1" : tcp.host(), tcp.port()));
      case Address.Unix unix ->
          bootstrap
              .channelFactory(NioDomainSocketChannel::new)
              .disableResolver()
              .connect(UnixDomainSocketAddress.of(unix.path()));
    };
  }

  /**
   * Listens. A Unix socket that a server left behind when it was killed is replaced, one at which
   * somebody still listens is not.
   */
  public static ChannelFuture listen(Loop loop, Address address, ChannelHandler perConnection) {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loop.netty())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(perConnection);
    return switch (address) {
      case Address.Tcp tcp ->
          bootstrap
              .channelFactory(NioServerSocketChannel::new)
              .option(ChannelOption.SO_REUSEADDR, true)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .childOption(ChannelOption.SO_KEEPALIVE, true)
              .bind(
                  tcp.host().isEmpty()
                      ? new InetSocketAddress(tcp.port())
                      : new InetSocketAddress(tcp.host(), tcp.port()));
      case Address.Unix unix -> {
        removeAbandoned(unix.path());
        yield bootstrap
            .channelFactory(NioServerDomainSocketChannel::new)
            .bind(UnixDomainSocketAddress.of(unix.path()));
      }
    };
  }

  /**
   * Does nothing unless it is a socket at which nobody listens; binding says what is wrong then.
   */
  private static void removeAbandoned(Path path) {
    try {
      boolean socket =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
              .isOther();
      if (socket && !answers(path)) {
        Files.delete(path);
      }
    } catch (IOException e) {
      // There is nothing, or it can't be removed.
    }
  }

  private static boolean answers(Path path) throws IOException {
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return probe.connect(UnixDomainSocketAddress.of(path));
    } catch (ConnectException e) {
      return false;
    }
  }

  /**
   * The address with a port that is free now, if it leaves the choice to the system: others must
   * know it before this server listens there.
   *
   * @throws IOException if there is none
   */
  public static Address withPort(Address address) throws IOException {
    if (!(address instanceof Address.Tcp(String host, int port)) || port != 0) {
      return address;
    }
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(host.isEmpty() ? new InetSocketAddress(0) : new InetSocketAddress(host, 0));
      return new Address.Tcp(host, probe.getLocalPort());
    }
  }

  /** The peer of a connection, for logs. */
  public static String peer(Channel channel) {
    SocketAddress peer = channel.remoteAddress();
    return switch (peer) {
      case null -> "unix socket";
      case InetSocketAddress inet -> inet.getHostString() + ":" + inet.getPort();
      default -> peer.toString().isEmpty() ? "unix socket" : peer.toString();
    };
  }
}
