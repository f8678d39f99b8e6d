package io.zeoraid.server.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.util.concurrent.ScheduledFuture;
import io.zeoraid.protocol.Call;
import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
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
final class ClientConnection extends SimpleChannelInboundHandler<ByteBuf>
    implements ClientMemory.Holder {
  private static final Logger LOG = Logger.getLogger(ClientConnection.class);

  /** Before it has registered, a client has nothing longer to say. */
  private static final int MAX_FIRST_BYTES = 64 << 10;

  /** What clients say has few values: the most are the iterators in an {@code iterator_gc}. */
  private static final int MAX_ITEMS = 100_000;

  private final Loop loop;
  private final Storages storages;
  private final ClientLimits limits;
  private final Guests guests;
  private final ClientFrames frames;
  private final ClientMemory.Account memory;
  private final Answers answers;
  private final CallsInFlight calls;

  private @Nullable Channel channel;
  private @Nullable Session session;
  private String label = "";
  private @Nullable ScheduledFuture<?> handshakeOver;
  private boolean isServer;
  private boolean closing;

  ClientConnection(Loop loop, Storages storages, ClientLimits limits, Guests guests) {
    this.loop = loop;
    this.storages = storages;
    this.limits = limits;
    this.guests = guests;
    memory = guests.memory.open(this);
    frames = new ClientFrames(limits.maxFrameBytes(), this::mostBytesNow, memory::update);
    answers = new Answers(loop, limits, guests.log, this, this::close, memory::update);
    calls = new CallsInFlight(limits.budget().maxCalls());
  }

  /** Comes before this in the pipeline. */
  ClientFrames frames() {
    return frames;
  }

  /** What goes out. */
  Answers answers() {
    return answers;
  }

  CallsInFlight calls() {
    return calls;
  }

  private int mostBytesNow() {
    return session == null
        ? Math.min(MAX_FIRST_BYTES, limits.maxFrameBytes())
        : limits.maxFrameBytes();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
    answers.open(context.channel());
    calls.open(context.channel());
    long millis = limits.budget().handshakeMillis();
    handshakeOver =
        loop.schedule(
            () -> evict("it has not registered within " + millis + " ms (handshake-timeout)"),
            millis);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    answers.write(Handshake.frame(limits.announced()));
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    closing();
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
    if (!answers.isReady()) {
      shakeHands(Handshake.answer(body.nioBuffer()));
      return;
    }
    calls.came(body.readableBytes());
    Call call = answers.codec().decodeCall(body.nioBuffer());
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
      case Handshake.Answer.Version version -> answers.speak(codecOf(version.encoding()));
      case Handshake.Answer.Ruok ruok -> {
        answers.write(Handshake.frame(Ruok.json(storages.statuses())));
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
    return calls.latestBytes() > limits.budget().maxCallBytes()
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
            .formatted(
                call.request().method(), calls.latestBytes(), limits.budget().maxCallBytes());
    if (call.request() instanceof Request.TpcBegin begin) {
      client.beginDoomed(begin, why);
    } else {
      close(why);
    }
  }

  private void register(Call call, Request.Register register) {
    if (session != null) {
      answers.fail(call.id(), Errors.valueError("duplicate register() call"));
      return;
    }
    StorageFront storage = storages.find(register.storage());
    if (storage == null) {
      answers.fail(call.id(), Errors.valueError("unknown storage: " + register.storage()));
      return;
    }
    if (storage.limits().readOnly() && !register.readOnly()) {
      answers.fail(call.id(), Errors.readOnly());
      return;
    }
    if (!guests.admitClient(this)) {
      guests.log.log(Logger.Level.WARN, "client " + this + " refused: " + guests.tooManyClients());
      answers.fail(call.id(), Errors.storage(guests.tooManyClients()));
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
      answers.fail(call.id(), Errors.valueError("raid_follow is the first call of a connection"));
    } else if (storage == null) {
      answers.fail(call.id(), Errors.valueError("unknown storage: " + follow.storage()));
    } else {
      said();
      FollowerSession begun = new FollowerSession(this, storage);
      session = begun;
      label = "server " + OneLine.of(follow.follower());
      begun.follow(call, follow);
    }
  }

  /**
   * The decisions took it for a ZEORaid server that follows this one.
   *
   * @return whether there is room for one more
   */
  boolean admitServer() {
    isServer = guests.admitServer(this);
    return isServer;
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

  // What it makes this server hold.

  /** A ZEORaid server is trusted: it speaks for many clients, and must not be sent away. */
  @Override
  public long heldBytes() {
    Session registered = session;
    return closing || isServer
        ? 0
        : frames.heldBytes()
            + answers.unreadBytes()
            + calls.heldBytes()
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
    calls.readOn();
    answers.tellWritable();
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
      closing();
      guests.log.log(level, "client " + this + " disconnected: " + why);
      Channel to = channel;
      if (to != null) {
        to.close();
      }
    }
  }

  /** Nothing is read and nothing is said any more. */
  private void closing() {
    closing = true;
    answers.end();
  }

  private void closeAfterWrite() {
    closing();
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
