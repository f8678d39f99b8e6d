package io.zeoraid.server.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.TooLongFrameException;
import io.zeoraid.protocol.Call;
import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.FrameSink;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.server.net.Frames;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.Sockets;
import io.zeoraid.server.net.tls.TlsException;
import java.io.IOException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a ZEO client: ZEO's server side ({@code ZEO/asyncio/server.py},
 * ServerProtocol). Frames and encodings, the handshake, {@code register}, and how much a client may
 * leave unread. What it asks of its storage is {@link ClientSession}'s business. Confined to the
 * event loop.
 */
final class ClientConnection extends SimpleChannelInboundHandler<ByteBuf> {
  private static final Logger LOG = Logger.getLogger(ClientConnection.class);

  /** A client that waits for this many answers is not read from until it got some. */
  private static final int MAX_IN_FLIGHT = 2000;

  private final Loop loop;
  private final Storages storages;
  private final ClientLimits limits;
  private final Runnable gone;

  private @Nullable Channel channel;
  private @Nullable Codec codec;
  private @Nullable Session session;
  private String label = "";
  private int inFlight;
  private boolean closing;

  ClientConnection(Loop loop, Storages storages, ClientLimits limits, Runnable gone) {
    this.loop = loop;
    this.storages = storages;
    this.limits = limits;
    this.gone = gone;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    write(Handshake.frame(limits.announced()));
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    closing = true;
    Session ended = session;
    session = null;
    gone.run();
    if (ended != null) {
      LOG.debugf("client %s is gone", this);
      ended.left();
    }
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf body) {
    if (closing) {
      return;
    }
    Codec known = codec;
    if (known == null) {
      shakeHands(Handshake.answer(body.nioBuffer()));
      return;
    }
    Call call = known.decodeCall(body.nioBuffer());
    if (call != null) {
      dispatch(call);
    }
  }

  private void shakeHands(Handshake.Answer answer) {
    switch (answer) {
      case Handshake.Answer.Version version -> codec = codecOf(version.encoding());
      case Handshake.Answer.Ruok ruok -> {
        write(Handshake.frame(Ruok.json(storages.statuses())));
        closeAfterWrite();
      }
      case Handshake.Answer.Bad bad ->
          close("it answered the greeting with '" + bad.text() + "'; this server speaks Z5 and M5");
    }
  }

  private Codec codecOf(Encoding encoding) {
    return Codec.of(
        encoding,
        new Limits(
            limits.maxFrameBytes(),
            Limits.DEFAULT.maxItems(),
            Limits.DEFAULT.maxDepth(),
            Math.min(Limits.DEFAULT.maxTextBytes(), limits.maxFrameBytes())));
  }

  private void dispatch(Call call) {
    Session registered = session;
    switch (call.request()) {
      case Request.Unknown unknown ->
          close("it called '" + OneLine.of(unknown.method()) + "', which ZEO 5 does not have");
      case Request.Register register -> register(call, register);
      case Request.RaidFollow follow -> follow(call, follow);
      case Request.SetClientLabel named when registered != null ->
          label = OneLine.of(named.label());
      default -> {
        if (registered == null) {
          close("it called '" + call.request().method() + "' before 'register'");
        } else {
          registered.handle(call);
        }
      }
    }
  }

  private void register(Call call, Request.Register register) {
    if (session != null) {
      fail(call.id(), Errors.valueError("duplicate register() call"));
      return;
    }
    StorageFront storage = storages.find(register.storage());
    if (storage == null) {
      fail(call.id(), Errors.valueError("unknown storage: " + register.storage()));
      return;
    }
    if (storage.limits().readOnly() && !register.readOnly()) {
      fail(call.id(), Errors.readOnly());
      return;
    }
    ClientSession begun =
        new ClientSession(this, storage, register.readOnly() || storage.limits().readOnly());
    session = begun;
    begun.register(call);
  }

  /** Another ZEORaid server. */
  private void follow(Call call, Request.RaidFollow follow) {
    StorageFront storage = storages.find(follow.storage());
    if (session != null) {
      fail(call.id(), Errors.valueError("raid_follow is the first call of a connection"));
    } else if (storage == null) {
      fail(call.id(), Errors.valueError("unknown storage: " + follow.storage()));
    } else {
      FollowerSession begun = new FollowerSession(this, storage);
      session = begun;
      label = "server " + OneLine.of(follow.follower());
      begun.follow(call, follow);
    }
  }

  // What goes out.

  Encoding encoding() {
    return codec().encoding();
  }

  private Codec codec() {
    Codec known = codec;
    if (known == null) {
      throw new IllegalStateException("no handshake yet");
    }
    return known;
  }

  void reply(Object id, @Nullable Object value) {
    Channel to = channel;
    if (to != null && !closing) {
      Outgoing frame = new Outgoing(to.alloc());
      codec().encodeReply(id, value, frame);
      write(to, frame.bytes);
    }
  }

  /**
   * Answers with what a backend has read from its disk: an error if that can't be encoded for this
   * client, or is more than it may leave unread.
   */
  void replyIfPossible(Object id, @Nullable Object value) {
    byte[] frame;
    try {
      frame = codec().encodeReply(id, value);
    } catch (IllegalArgumentException e) {
      fail(id, Errors.valueError("the answer can't be encoded: " + e.getMessage()));
      return;
    }
    long most = Math.min(limits.maxFrameBytes(), limits.writeBufferBytes());
    if (frame.length > most) {
      fail(
          id,
          Errors.valueError(
              "the answer has "
                  + frame.length
                  + " bytes; at most "
                  + most
                  + " are sent (max-message-size, client-write-buffer)"));
    } else {
      write(frame);
    }
  }

  /** A frame in memory from which the socket takes it: records are copied once. */
  private static final class Outgoing implements FrameSink {
    private final ByteBufAllocator memory;
    private ByteBuf bytes = Unpooled.EMPTY_BUFFER;

    Outgoing(ByteBufAllocator memory) {
      this.memory = memory;
    }

    @Override
    public void begin(int size) {
      bytes = memory.directBuffer(size, size);
    }

    @Override
    public void put(byte[] from, int offset, int length) {
      bytes.writeBytes(from, offset, length);
    }
  }

  void fail(Object id, RemoteError error) {
    write(codec().encodeFailure(id, error));
  }

  /** Writes a whole frame; the array may be shared with other connections. */
  void write(byte[] frame) {
    Channel to = channel;
    if (to != null && !closing) {
      write(to, Frames.frame(frame));
    }
  }

  private void write(Channel to, ByteBuf frame) {
    loop.write(to, frame);
    ChannelOutboundBuffer unread = to.unsafe().outboundBuffer();
    if (unread != null && unread.totalPendingWriteBytes() > limits.writeBufferBytes()) {
      close(
          "it leaves more than "
              + limits.writeBufferBytes()
              + " bytes unread (client-write-buffer)");
    } else if (!to.isWritable()) {
      to.config().setAutoRead(false);
    }
  }

  /** Runs this again and again, as long as the connection stands. */
  void everyMillis(long millis, Runnable task) {
    loop.schedule(
        () -> {
          if (!closing) {
            task.run();
            everyMillis(millis, task);
          }
        },
        Math.max(1, millis));
  }

  // Back-pressure.

  void asked() {
    inFlight++;
    Channel from = channel;
    if (inFlight >= MAX_IN_FLIGHT && from != null) {
      from.config().setAutoRead(false);
    }
  }

  void answered() {
    inFlight--;
    if (inFlight == MAX_IN_FLIGHT / 2) {
      readOn();
    }
  }

  private void readOn() {
    Channel from = channel;
    if (from != null && from.isWritable() && inFlight < MAX_IN_FLIGHT) {
      from.config().setAutoRead(true);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    readOn();
  }

  // The end.

  /** Disconnects a client that did what it must not do. */
  void close(String why) {
    close(Logger.Level.WARN, why);
  }

  /** Disconnects a client that has done nothing wrong. */
  void sendAway(String why) {
    close(Logger.Level.INFO, why);
  }

  private void close(Logger.Level level, String why) {
    if (!closing) {
      closing = true;
      LOG.logf(level, "client %s disconnected: %s", this, why);
      Channel to = channel;
      if (to != null) {
        to.close();
      }
    }
  }

  private void closeAfterWrite() {
    closing = true;
    Channel to = channel;
    if (to != null) {
      to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> to.close());
    }
  }

  /** Whether it may be disconnected without harm to a transaction. */
  boolean isIdle() {
    Session registered = session;
    return registered == null || registered.isIdle();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    switch (cause) {
      case ProtocolException broken -> close(String.valueOf(broken.getMessage()));
      case TooLongFrameException tooLong ->
          close(
              "it sent a message of more than "
                  + limits.maxFrameBytes()
                  + " bytes (max-message-size)");
      case TlsException refused -> close(String.valueOf(refused.getMessage()));
      case IOException lost -> sendAway("connection lost: " + lost.getMessage());
      default -> {
        LOG.errorf(cause, "defect in the handling of client %s", this);
        close("a defect of this server");
      }
    }
  }

  @Override
  public String toString() {
    Channel from = channel;
    String peer = from == null ? "?" : Sockets.peer(from);
    return label.isEmpty() ? peer : label + " " + peer;
  }
}
