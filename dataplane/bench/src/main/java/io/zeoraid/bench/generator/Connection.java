package io.zeoraid.bench.generator;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A connection of a ZEO client: handshake, register, calls. Confined to the event loop, but for
 * {@link #open} and {@link #close}.
 */
final class Connection extends SimpleChannelInboundHandler<ByteBuf> {
  private static final long REGISTER = 1;

  /** Numbers of calls begin here. */
  static final long FIRST_CALL = 2;

  private final Client client;
  private final @Nullable Encoding wanted;
  private @Nullable Channel channel;
  private @Nullable Codec codec;
  private boolean dirty;
  private boolean reading;
  private boolean closed;

  /** Who uses a connection. Runs on the event loop. */
  interface Client {

    /** The storage is registered; its last transaction is this one. */
    void ready(Connection connection, Tid last);

    /** The call with this number was answered. */
    void replied(long call, @Nullable Object value);

    /** The connection or a call failed; there is nothing more to hear. */
    void failed(String why);
  }

  /**
   * @param wanted the encoding to answer the greeting with; null for the one that is announced
   */
  Connection(Client client, @Nullable Encoding wanted) {
    this.client = client;
    this.wanted = wanted;
  }

  /** Connects; the client hears of the rest. Any thread. */
  void open(EventLoop loop, InetSocketAddress address) {
    new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel ch) {
                ch.pipeline().addLast(Frames.decoder(), Connection.this);
              }
            })
        .connect(address)
        .addListener(connected -> {
          if (!connected.isSuccess()) {
            fail("can't connect to " + address + ": " + connected.cause().getMessage());
          }
        });
  }

  /** Sends a call; what is sent while messages are read goes out together. */
  void send(long call, Request request) {
    Channel to = channel;
    Codec known = codec;
    if (to == null || known == null || closed) {
      return;
    }
    to.write(Unpooled.wrappedBuffer(known.encodeCall(call, request)), to.voidPromise());
    dirty = true;
    if (!reading) {
      flush();
    }
  }

  private void flush() {
    Channel to = channel;
    if (dirty && to != null) {
      dirty = false;
      to.flush();
    }
  }

  /** Closes the connection; the client hears no more. Any thread. */
  void close() {
    Channel from = channel;
    if (from != null) {
      from.eventLoop()
          .execute(() -> {
            closed = true;
            from.close();
          });
    }
  }

  private void fail(String why) {
    if (!closed) {
      closed = true;
      Channel from = channel;
      if (from != null) {
        from.close();
      }
      client.failed(why);
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    channel = context.channel();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf body) {
    if (closed) {
      return;
    }
    reading = true;
    Codec known = codec;
    if (known == null) {
      greeted(context, Handshake.greeting(body.nioBuffer()));
    } else {
      heard(known.decodeServerMessage(body.nioBuffer()));
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    reading = false;
    flush();
  }

  private void greeted(ChannelHandlerContext context, Encoding announced) {
    Encoding encoding = wanted == null ? announced : wanted;
    codec = Codec.of(encoding, Limits.DEFAULT);
    context.write(Unpooled.wrappedBuffer(Handshake.frame(encoding)));
    send(REGISTER, new Request.Register("1", false));
  }

  private void heard(ServerMessage message) {
    switch (message) {
      case ServerMessage.Reply reply when reply.id() == REGISTER ->
          client.ready(this, Results.tid(reply.value()));
      case ServerMessage.Reply reply -> client.replied(reply.id(), reply.value());
      case ServerMessage.Failure failure -> fail("refused: " + Errors.describe(failure.error()));
      case ServerMessage.InvalidateTransaction others -> {}
      case ServerMessage.Info info -> {}
      case ServerMessage.RaidView view -> fail("the server sent a view");
      case ServerMessage.ReceiveBlobStart blob -> fail("the server sent a blob");
      case ServerMessage.ReceiveBlobChunk blob -> fail("the server sent a blob");
      case ServerMessage.ReceiveBlobStop blob -> fail("the server sent a blob");
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    fail("the server closed the connection");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    String message = cause.getMessage();
    fail(message == null ? cause.toString() : message);
  }
}
