package io.zeoraid.server.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.util.concurrent.ScheduledFuture;
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
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.server.net.Frames;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.Sockets;
import io.zeoraid.server.net.tls.TlsException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a ZEO client: ZEO's server side ({@code ZEO/asyncio/server.py},
 * ServerProtocol). Frames and encodings, the handshake, {@code register}, and how much a client may
 * leave unread. What it asks of its storage is {@link ClientSession}'s business. Confined to the
 * event loop.
 */
final class ClientConnection extends SimpleChannelInboundHandler<ByteBuf>
    implements ClientMemory.Holder {
  private static final Logger LOG = Logger.getLogger(ClientConnection.class);

  /** Before it has registered, a client has nothing longer to say. */
  private static final int MAX_FIRST_BYTES = 64 << 10;

  /** What clients say has few values: the most are the iterators in an {@code iterator_gc}. */
  private static final int MAX_ITEMS = 100_000;

  /** Memory that a call in flight takes up, for each byte in which it came. */
  private static final int IN_FLIGHT_FACTOR = 16;

  private final Loop loop;
  private final Storages storages;
  private final ClientLimits limits;
  private final Guests guests;
  private final ClientFrames frames;
  private final ClientMemory.Account memory;

  private @Nullable Channel channel;
  private @Nullable Codec codec;
  private @Nullable Session session;
  private String label = "";
  private @Nullable ScheduledFuture<?> handshakeOver;
  private final Deque<Runnable> whenWritable = new ArrayDeque<>();
  private int inFlight;
  private long inFlightBytes;

  /** Of the call that is being handled. */
  private int callBytes;

  private boolean isServer;
  private boolean closing;

  ClientConnection(Loop loop, Storages storages, ClientLimits limits, Guests guests) {
    this.loop = loop;
    this.storages = storages;
    this.limits = limits;
    this.guests = guests;
    memory = guests.memory.open(this);
    frames = new ClientFrames(limits.maxFrameBytes(), this::mostBytesNow, memory::update);
  }

  /** Comes before this in the pipeline. */
  ClientFrames frames() {
    return frames;
  }

  private int mostBytesNow() {
    return session == null
        ? Math.min(MAX_FIRST_BYTES, limits.maxFrameBytes())
        : limits.maxFrameBytes();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
    long millis = limits.budget().handshakeMillis();
    handshakeOver =
        loop.schedule(
            () -> evict("it has not registered within " + millis + " ms (handshake-timeout)"),
            millis);
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
    said();
    guests.left(this);
    memory.close();
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
    callBytes = body.readableBytes();
    Call call = known.decodeCall(body.nioBuffer());
    if (call != null) {
      dispatch(call);
      memory.update();
    }
  }

  /** It has said what it is here for. */
  private void said() {
    ScheduledFuture<?> over = handshakeOver;
    if (over != null) {
      over.cancel(false);
      handshakeOver = null;
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
            MAX_ITEMS,
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
        } else if (isTooLong(call) && registered instanceof ClientSession client) {
          tooLong(call, client);
        } else {
          registered.handle(call);
        }
      }
    }
  }

  private boolean isTooLong(Call call) {
    return callBytes > limits.budget().maxCallBytes()
        && switch (call.request()) {
          case Request.Store _,
              Request.Restore _,
              Request.StoreBlobChunk _,
              Request.StoreBlobEnd _,
              Request.StoreBlobShared _ ->
              false;
          default -> true;
        };
  }

  /** A transaction with a long description is an honest mistake, of which the vote tells. */
  private void tooLong(Call call, ClientSession client) {
    String why =
        "its '%s' has %d bytes; at most %d are allowed (max-call-size)"
            .formatted(call.request().method(), callBytes, limits.budget().maxCallBytes());
    if (call.request() instanceof Request.TpcBegin begin) {
      client.beginDoomed(begin, why);
    } else {
      close(why);
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
    if (!guests.isClient(this)) {
      guests.log.log(Logger.Level.WARN, "client " + this + " refused: " + guests.tooManyClients());
      fail(call.id(), Errors.storage(guests.tooManyClients()));
      return;
    }
    said();
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
      said();
      FollowerSession begun = new FollowerSession(this, storage);
      session = begun;
      label = "server " + OneLine.of(follow.follower());
      begun.follow(call, follow);
    }
  }

  /** The decisions took it for a ZEORaid server that follows this one. */
  boolean follows() {
    isServer = guests.isServer(this);
    return isServer;
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
      try {
        codec().encodeReply(id, value, frame);
      } catch (IllegalArgumentException e) {
        cannotSay(id, e);
        return;
      }
      write(to, frame.bytes);
    }
  }

  /** Tells the client something that it has not asked for. */
  void tell(ServerMessage message) {
    write(codec().encodeAsync(message));
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
      cannotSay(id, e);
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

  /** Answers with an error; with its words if the client's encoding can't say it. */
  void fail(Object id, RemoteError error) {
    byte[] frame;
    try {
      frame = codec().encodeFailure(id, error);
    } catch (IllegalArgumentException e) {
      String words = Errors.describe(error);
      guests.log.log(
          Logger.Level.WARN,
          "client " + this + ": the error '" + words + "' can't be encoded: " + e.getMessage());
      frame = codec().encodeFailure(id, Errors.storage(words));
    }
    write(frame);
  }

  /** Whoever waits for an answer gets one. */
  private void cannotSay(Object id, IllegalArgumentException why) {
    String words = "the answer can't be encoded: " + why.getMessage();
    guests.log.log(Logger.Level.WARN, "client " + this + ": " + words);
    fail(id, Errors.valueError(words));
  }

  /** Writes a whole frame; the array may be shared with other connections. */
  void write(byte[] frame) {
    Channel to = channel;
    if (to != null && !closing) {
      write(to, Frames.frame(frame));
    }
  }

  private void write(Channel to, ByteBuf frame) {
    int bytes = frame.readableBytes();
    loop.write(to, frame);
    // The last answer may be long; what counts is that those before it are not read.
    if (unreadBytes() - bytes > limits.writeBufferBytes()) {
      close(
          "it leaves more than "
              + limits.writeBufferBytes()
              + " bytes unread (client-write-buffer)");
    } else {
      if (!to.isWritable()) {
        to.config().setAutoRead(false);
      }
      memory.update();
    }
  }

  private long unreadBytes() {
    Channel to = channel;
    ChannelOutboundBuffer unread = to == null ? null : to.unsafe().outboundBuffer();
    return unread == null ? 0 : unread.totalPendingWriteBytes();
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

  /**
   * The call that is being handled waits for an answer.
   *
   * @return what {@link #answered} is to be told
   */
  int asked() {
    inFlight++;
    inFlightBytes += callBytes;
    Channel from = channel;
    if (inFlight >= limits.budget().maxCalls() && from != null) {
      from.config().setAutoRead(false);
    }
    return callBytes;
  }

  void answered(int bytes) {
    inFlight--;
    inFlightBytes -= bytes;
    if (inFlight == limits.budget().maxCalls() / 2) {
      readOn();
    }
  }

  private void readOn() {
    Channel from = channel;
    if (from != null && from.isWritable() && inFlight < limits.budget().maxCalls()) {
      from.config().setAutoRead(true);
    }
  }

  // What it makes this server hold.

  /** A ZEORaid server is trusted: it speaks for many clients, and must not be sent away. */
  @Override
  public long heldBytes() {
    Session registered = session;
    return closing || isServer
        ? 0
        : frames.heldBytes()
            + unreadBytes()
            + inFlightBytes * IN_FLIGHT_FACTOR
            + (registered == null ? 0 : registered.heldBytes());
  }

  @Override
  public void relieve() {
    Session registered = session;
    if (registered != null) {
      registered.relieve();
    }
  }

  /** Disconnects it, whatever it does; also if it is to be closed already. */
  @Override
  public void evict(String why) {
    close(why);
    Channel to = channel;
    if (to != null) {
      to.close();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    readOn();
    while (isWritable() && !whenWritable.isEmpty()) {
      whenWritable.remove().run();
    }
  }

  boolean isWritable() {
    Channel to = channel;
    return to != null && to.isWritable();
  }

  void whenWritable(Runnable task) {
    whenWritable.add(task);
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
      guests.log.log(level, "client " + this + " disconnected: " + why);
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
                  + mostBytesNow()
                  + (session == null ? " bytes before 'register'" : " bytes (max-message-size)"));
      case TlsException refused -> close(String.valueOf(refused.getMessage()));
      case IOException lost -> sendAway("connection lost: " + lost.getMessage());
      default -> {
        guests.log.log(Logger.Level.ERROR, "defect in the handling of client " + this, cause);
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
