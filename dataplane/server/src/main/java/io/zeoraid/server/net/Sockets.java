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
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/**
 * Opens TCP and unix sockets. TCP_NODELAY everywhere: a small message never waits for the answer to
 * the one before it.
 */
public final class Sockets {
  private static final int BACKLOG = 1024;
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(512 << 10, 1 << 20);

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
              .channel(NioSocketChannel.class)
              .option(ChannelOption.TCP_NODELAY, true)
              .option(ChannelOption.SO_KEEPALIVE, true)
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.max(1, millis))
              .connect(
                  InetSocketAddress.createUnresolved(
                      tcp.host().isEmpty() ? "127.0.0.1" : tcp.host(), tcp.port()));
      case Address.Unix unix ->
          bootstrap
              .channel(NioDomainSocketChannel.class)
              .connect(UnixDomainSocketAddress.of(unix.path()));
    };
  }

  /** Listens. */
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
              .channel(NioServerSocketChannel.class)
              .option(ChannelOption.SO_REUSEADDR, true)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .childOption(ChannelOption.SO_KEEPALIVE, true)
              .bind(
                  tcp.host().isEmpty()
                      ? new InetSocketAddress(tcp.port())
                      : new InetSocketAddress(tcp.host(), tcp.port()));
      case Address.Unix unix ->
          bootstrap
              .channel(NioServerDomainSocketChannel.class)
              .bind(UnixDomainSocketAddress.of(unix.path()));
    };
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
