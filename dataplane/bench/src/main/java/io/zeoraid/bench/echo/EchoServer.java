package io.zeoraid.bench.echo;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.zeoraid.bench.generator.Frames;
import io.zeoraid.protocol.Encoding;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * A ZEO server that stores nothing and answers at once, in this process, on a thread of its own.
 * What the load generator reaches against it is a lower bound of what the generator can do, for the
 * echo takes its time, too.
 */
public final class EchoServer implements AutoCloseable {
  private final NioEventLoopGroup group =
      new NioEventLoopGroup(1, new DefaultThreadFactory("echo", true));
  private final Channel channel;

  /** Listens at a free port of the loopback interface. */
  public EchoServer(Encoding announced) {
    this(announced, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /** Listens at this address. */
  public EchoServer(Encoding announced, InetSocketAddress at) {
    EchoAnswers answers = new EchoAnswers();
    channel =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel ch) {
                    ch.pipeline().addLast(Frames.decoder(), new EchoConnection(announced, answers));
                  }
                })
            .bind(at)
            .syncUninterruptibly()
            .channel();
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
  }
}
