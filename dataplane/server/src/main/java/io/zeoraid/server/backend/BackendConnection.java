package io.zeoraid.server.backend;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.util.concurrent.ScheduledFuture;
import io.zeoraid.config.Address;
import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import io.zeoraid.server.net.Frames;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.Sockets;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection to one backend: ZEO's client side ({@code ZEO/asyncio/client.py}, Protocol).
 * Handshake, register, calls, the ordered stream of invalidations, pings. It is used once: a new
 * connection is a new object. Confined to the event loop.
 */
public final class BackendConnection {
  /**
   * Whatever a server announces, it answers in the encoding of its client. One for all backends:
   * msgpack makes tuples of the lists in a transaction's extension, and the backends would differ
   * by a byte.
   */
  private static final Encoding SPOKEN = Encoding.PICKLE;

  private static final long REGISTER = -2;
  private static final long INFO = -3;
  private static final long PING = -4;
  private static final long CHECK_MILLIS = 50;

  private final Loop loop;
  private final BackendTarget target;
  private final BackendListener listener;
  private final Deque<Address> addresses;
  private final Set<Long> owed = new HashSet<>();
  private final Deque<Runnable> behindUpload = new ArrayDeque<>();
  private final Liveness liveness;

  private @Nullable Channel channel;
  private @Nullable Codec codec;
  private @Nullable Upload upload;
  private @Nullable ScheduledFuture<?> deadline;
  private @Nullable ScheduledFuture<?> checks;
  private Tid registered = Tid.NONE;
  private boolean open;
  private boolean over;
  private long votingBytes;
  private long votingCall;
  private String lastTrouble = "";

  public BackendConnection(Loop loop, BackendTarget target, BackendListener listener) {
    this.loop = loop;
    this.target = target;
    this.listener = listener;
    this.addresses = new ArrayDeque<>(target.addresses());
    this.liveness = new Liveness(target.timeoutMillis(), target.pingMillis(), System.nanoTime());
  }

  /** A transaction that is being sent, as fast as the backend takes it. */
  private record Upload(Object transaction, Iterator<byte[]> frames, Runnable then) {}

  /**
   * Opens the connection.
   *
   * @param millis give up after this time
   */
  public void open(long millis) {
    deadline =
        loop.schedule(
            () -> lose("no connection within " + millis + " ms" + trouble(), channel != null),
            millis);
    connectNext(millis);
  }

  private String trouble() {
    return lastTrouble.isEmpty() ? "" : " (" + lastTrouble + ")";
  }

  private void connectNext(long millis) {
    Address address = addresses.poll();
    if (address == null) {
      lose("can't connect: " + lastTrouble, false);
      return;
    }
    ChannelFuture future =
        Sockets.connect(
            loop,
            address,
            millis,
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel ch) {
                ch.pipeline().addLast(Frames.decoder(target.maxFrameBytes()), new Incoming());
              }
            });
    future.addListener(connected -> {
      if (over) {
        future.channel().close();
      } else if (connected.isSuccess()) {
        channel = future.channel();
        lastTrouble = address + " accepted the connection and said nothing";
      } else {
        lastTrouble = address + ": " + words(connected.cause());
        connectNext(millis);
      }
    });
  }

  private static String words(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  // What the core wants.

  /** Sends a request; synchronous ones are answered under this number. */
  public void call(long call, Request request) {
    Upload sending = upload;
    if (sending != null) {
      if (request instanceof Request.TpcAbort abort
          && abort.transaction().equals(sending.transaction())) {
        upload = null;
        send(call, request);
        drainBehind();
      } else {
        behindUpload.add(() -> send(call, request));
      }
      return;
    }
    send(call, request);
  }

  /** Sends a transaction, its vote, and right behind it {@code lastTransaction} (F3). */
  public void transact(long voteCall, long lastCall, TransactionBuffer transaction, Tid tid) {
    if (upload != null) {
      behindUpload.add(() -> transact(voteCall, lastCall, transaction, tid));
      return;
    }
    Request.TpcBegin begin = transaction.begin(tid);
    send(0, begin);
    Iterator<byte[]> frames;
    try {
      frames = transaction.frames(codec());
    } catch (IOException e) {
      lose("the transaction can't be read back: " + words(e), false);
      return;
    }
    long bytes = transaction.summary().bytes();
    upload =
        new Upload(
            begin.transaction(),
            frames,
            () -> {
              votingBytes = bytes;
              votingCall = voteCall;
              send(voteCall, new Request.Vote(begin.transaction()));
              send(lastCall, new Request.LastTransaction());
            });
    owe();
    pump();
  }

  /** Sends as much of a transaction as the backend takes without filling our memory. */
  private void pump() {
    Upload sending = upload;
    Channel to = channel;
    if (sending == null || to == null) {
      return;
    }
    try {
      while (to.isWritable() && sending.frames().hasNext()) {
        loop.write(to, Frames.frame(sending.frames().next()));
      }
      if (sending.frames().hasNext()) {
        loop.flushSoon(to);
        return;
      }
    } catch (UncheckedIOException e) {
      lose("the transaction can't be read back: " + words(e), false);
      return;
    }
    upload = null;
    sending.then().run();
    drainBehind();
  }

  private void drainBehind() {
    while (upload == null && !behindUpload.isEmpty() && !over) {
      behindUpload.remove().run();
    }
  }

  private void send(long call, Request request) {
    Channel to = channel;
    if (over || to == null) {
      return;
    }
    if (!request.isAsync()) {
      owed.add(call);
      owe();
    }
    loop.write(to, Frames.frame(codec().encodeCall(call, request)));
  }

  private void owe() {
    liveness.owes(System.nanoTime());
  }

  /** Closes the connection; the listener hears no more. */
  public void close() {
    over = true;
    end();
  }

  private void lose(String why, boolean hung) {
    if (!over) {
      over = true;
      end();
      listener.lost(why, hung);
    }
  }

  private void end() {
    if (deadline != null) {
      deadline.cancel(false);
    }
    if (checks != null) {
      checks.cancel(false);
    }
    if (channel != null) {
      channel.close();
    }
    behindUpload.clear();
    upload = null;
  }

  private Codec codec() {
    Codec known = codec;
    if (known == null) {
      throw new IllegalStateException("no handshake with backend " + target.name() + " yet");
    }
    return known;
  }

  // What the backend says.

  private final class Incoming extends SimpleChannelInboundHandler<ByteBuf> {

    @Override
    public void channelActive(ChannelHandlerContext context) {
      channel = context.channel();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf body) {
      if (over) {
        return;
      }
      liveness.sign(System.nanoTime());
      if (codec == null) {
        Handshake.greeting(body.nioBuffer());
        greeted();
      } else {
        heard(codec().decodeServerMessage(body.nioBuffer()));
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      if (context.channel().isWritable()) {
        liveness.sign(System.nanoTime());
        pump();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      lose(
          open
              ? "the connection was closed"
              : "the connection was closed before it was ready" + trouble(),
          false);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      lose(
          cause instanceof ProtocolException
              ? "it does not speak ZEO 5: " + words(cause)
              : words(cause),
          false);
    }
  }

  private void greeted() {
    Channel to = channel;
    if (to == null) {
      throw new IllegalStateException("greeted without a connection");
    }
    codec =
        Codec.of(
            SPOKEN,
            new Limits(
                target.maxFrameBytes(),
                Limits.DEFAULT.maxItems(),
                Limits.DEFAULT.maxDepth(),
                Limits.DEFAULT.maxTextBytes()));
    loop.write(to, Frames.frame(Handshake.frame(SPOKEN)));
    send(REGISTER, new Request.Register(target.storage(), false));
    send(INFO, new Request.GetInfo());
    send(0, new Request.SetClientLabel(target.label()));
    lastTrouble = "";
  }

  private void heard(ServerMessage message) {
    switch (message) {
      case ServerMessage.Reply reply -> {
        settle(reply.id());
        replied(reply);
      }
      case ServerMessage.Failure failure -> {
        settle(failure.id());
        failed(failure.id(), failure.error());
      }
      case ServerMessage.InvalidateTransaction invalidation -> {
        if (open) {
          listener.invalidated(invalidation.tid());
        } else {
          registered = invalidation.tid();
        }
      }
      case ServerMessage.Info info -> listener.info(Results.info(info.info()));
      case ServerMessage.ReceiveBlobStart blob -> unasked("a blob");
      case ServerMessage.ReceiveBlobChunk blob -> unasked("a blob");
      case ServerMessage.ReceiveBlobStop blob -> unasked("a blob");
    }
  }

  private void unasked(String what) {
    throw new ProtocolException("it sent " + what + " that nobody had asked for");
  }

  private void settle(long call) {
    owed.remove(call);
    if (owed.isEmpty() && upload == null) {
      liveness.settled();
    }
    if (call == votingCall) {
      votingBytes = 0;
    }
  }

  private void replied(ServerMessage.Reply reply) {
    if (reply.id() == REGISTER) {
      registered = Results.tid(reply.value());
    } else if (reply.id() == INFO) {
      listener.info(Results.info(reply.value()));
      ready();
    } else if (reply.id() == PING) {
      liveness.pingAnswered();
    } else {
      listener.replied(reply.id(), reply.value());
    }
  }

  private void failed(long call, RemoteError error) {
    if (call == REGISTER || call == INFO) {
      lose("it refused storage '" + target.storage() + "': " + Errors.describe(error), false);
    } else if (call == PING) {
      liveness.pingAnswered();
    } else {
      listener.failed(call, error);
    }
  }

  private void ready() {
    open = true;
    if (deadline != null) {
      deadline.cancel(false);
    }
    checks =
        loop.netty()
            .scheduleAtFixedRate(this::check, CHECK_MILLIS, CHECK_MILLIS, TimeUnit.MILLISECONDS);
    listener.opened(registered);
  }

  private void check() {
    long now = System.nanoTime();
    if (liveness.isHung(now, votingBytes)) {
      lose("it has not answered for " + target.timeoutMillis() + " ms", true);
    } else if (liveness.wantsPing(now)) {
      liveness.pingSent(now);
      if (upload == null) {
        send(PING, new Request.Ping());
      } else {
        behindUpload.add(() -> send(PING, new Request.Ping()));
      }
    }
  }

  /** For tests and logs. */
  @Override
  public String toString() {
    return "connection to backend " + target.name() + " at " + target.addresses();
  }
}
