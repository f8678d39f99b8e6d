package io.zeoraid.server.backend;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
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
import io.zeoraid.server.transaction.TransactionBuffer;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
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

  private static final Logger LOG = Logger.getLogger(BackendConnection.class);

  private static final long REGISTER = -2;
  private static final long INFO = -3;
  private static final long PING = -4;

  /** The first of the numbers for aborts, which go down. */
  private static final long ABORT = -5;

  private static final long CHECK_MILLIS = 50;

  private final Loop loop;
  private final BackendTarget target;
  private final BackendListener listener;
  private final Set<Long> owed = new HashSet<>();
  private final Outbox outbox;
  private final Liveness liveness;
  private final Dial dial;

  private @Nullable Channel channel;
  private @Nullable Codec codec;
  private @Nullable ScheduledFuture<?> deadline;
  private @Nullable ScheduledFuture<?> checks;
  private Tid registered = Tid.NONE;
  private boolean open;
  private boolean over;
  private long votingBytes;
  private long votingCall;

  /** The last tpc_finish; 0 if there was none. */
  private long finishCall;

  private long nextAbort = ABORT;
  private @Nullable IncomingBlob blob;
  private final Deque<Runnable> whenWritable = new ArrayDeque<>();

  public BackendConnection(Loop loop, BackendTarget target, BackendListener listener) {
    this.loop = loop;
    this.target = target;
    this.listener = listener;
    this.outbox = new Outbox(loop);
    this.dial =
        new Dial(
            loop, target.addresses(), this::handler, accepted -> channel = accepted, this::refused);
    this.liveness = new Liveness(target.timeoutMillis(), target.pingMillis(), System.nanoTime());
  }

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
    dial.next(millis);
  }

  private ChannelHandler handler(Address address) {
    String host = address instanceof Address.Tcp tcp ? tcp.host() : "";
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel ch) {
        target.tls().ifPresent(tls -> tls.secure(ch, host));
        ch.pipeline().addLast(Frames.decoder(target.maxFrameBytes()), new Incoming());
      }
    };
  }

  private void refused() {
    lose("can't connect: " + dial.trouble(), false);
  }

  private String trouble() {
    return codec != null || dial.trouble().isEmpty() ? "" : " (" + dial.trouble() + ")";
  }

  // What the core wants.

  /** Sends a request; synchronous ones are answered under this number. */
  public void call(long call, Request request) {
    if (!outbox.isUploading()) {
      send(call, request);
    } else if (request instanceof Request.TpcAbort abort
        && outbox.cancel(channel, abort.transaction())) {
      send(call, request);
      outbox.drain();
    } else if (isPeer()) {
      // It keeps the transactions apart: what is asked for others does not wait for this one.
      send(call, request);
    } else {
      outbox.behind(() -> send(call, request));
    }
  }

  /**
   * Asks for a blob; one at a time.
   *
   * @param sink where it goes, before the call is answered
   * @param bytesPerSecond not faster than this; 0: no limit
   */
  public void sendBlob(long call, Request.SendBlob request, BlobSink sink, long bytesPerSecond) {
    Channel from = channel;
    if (!over && from != null) {
      BlobSink paced = PacedBlob.of(sink, bytesPerSecond, loop);
      blob = new IncomingBlob(call, request.oid(), request.serial(), paced, from);
      call(call, request);
    }
  }

  /**
   * Asks for a blob, and stores it in another backend as it comes.
   *
   * @param end with the record that the blob belongs to there
   * @param bytesPerSecond not faster than this; 0: no limit
   */
  public void copyBlob(
      long call,
      Request.SendBlob request,
      BackendConnection to,
      Request.StoreBlobEnd end,
      long bytesPerSecond) {
    sendBlob(call, request, new BlobCopy(to, end), bytesPerSecond);
  }

  /** A part of a blob that another backend sends. */
  void storeBlob(Request part) {
    send(0, part);
    owe();
  }

  /** Whether the backend takes in what is sent to it; also when the connection is over. */
  boolean isWritable() {
    return over || channel == null || channel.isWritable();
  }

  /** Runs this when the backend takes in again what is sent to it, or the connection is over. */
  void whenWritable(Runnable task) {
    whenWritable.add(task);
  }

  private void tellWritable() {
    while (isWritable() && !whenWritable.isEmpty()) {
      whenWritable.remove().run();
    }
  }

  /**
   * Sends a transaction, its vote, and right behind it {@code lastTransaction} (F3). If its content
   * can't be read back, because it has ended meanwhile or our disk fails, that is not the backend's
   * fault: it is told to forget what it has got, and refuses the vote.
   */
  public void transact(long voteCall, long lastCall, TransactionBuffer transaction, Tid tid) {
    outbox.behind(() -> {
      Request.TpcBegin begin = transaction.begin(tid);
      upload(
          voteCall,
          begin,
          transaction,
          () -> {
            send(voteCall, new Request.Vote(begin.transaction()));
            send(lastCall, new Request.LastTransaction());
          });
    });
  }

  /**
   * Sends a transaction to another ZEORaid server, which has it voted on.
   *
   * @param again whether it was accepted under the former primary
   */
  public void passOn(long voteCall, TransactionBuffer transaction, boolean again) {
    outbox.behind(() -> {
      Request.TpcBegin begin = transaction.begin(null);
      upload(
          voteCall,
          begin,
          transaction,
          () -> send(voteCall, new Request.RaidVote(begin.transaction(), again)));
    });
  }

  private void upload(
      long voteCall, Request.TpcBegin begin, TransactionBuffer transaction, Runnable sendVote) {
    long bytes = transaction.summary().bytes();
    Outbox.Upload vote =
        new Outbox.Upload() {
          @Override
          public void sent() {
            votingBytes = bytes;
            votingCall = voteCall;
            sendVote.run();
          }

          @Override
          public void unreadable(String why) {
            LOG.warnf("backend %s: can't send a transaction: %s", target.name(), why);
            send(nextAbort--, new Request.TpcAbort(begin.transaction()));
            sent();
          }
        };
    send(0, begin);
    owe();
    try {
      outbox.upload(channel, begin.transaction(), transaction.frames(codec()), vote);
    } catch (IOException e) {
      vote.unreadable(Dial.words(e));
    }
  }

  private void send(long call, Request request) {
    Channel to = channel;
    if (over || to == null) {
      return;
    }
    if (request instanceof Request.TpcFinish) {
      finishCall = call;
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
    dial.stop();
    if (deadline != null) {
      deadline.cancel(false);
    }
    if (checks != null) {
      checks.cancel(false);
    }
    if (channel != null) {
      channel.close();
    }
    outbox.clear();
    tellWritable();
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
      if (codec == null) {
        liveness.sign(System.nanoTime());
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
        outbox.pump(channel);
        tellWritable();
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
      String why =
          switch (cause) {
            case ProtocolException broken -> "it does not speak ZEO 5: " + Dial.words(cause);
            case TooLongFrameException tooLong ->
                "it sent a message of more than "
                    + target.maxFrameBytes()
                    + " bytes (max-message-size)";
            case DecoderException broken -> Dial.words(cause);
            case IOException lost -> Dial.words(cause);
            default -> {
              LOG.errorf(cause, "defect in the handling of backend %s", target.name());
              yield "a defect of this server: " + Dial.words(cause);
            }
          };
      lose(why, false);
    }
  }

  private boolean isPeer() {
    return target.kind() == BackendTarget.Kind.PEER;
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
    if (isPeer()) {
      ready();
      return;
    }
    send(REGISTER, new Request.Register(target.storage(), false));
    send(INFO, new Request.GetInfo());
    send(0, new Request.SetClientLabel(target.label()));
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
          listener.invalidated(invalidation.tid(), invalidation.oids());
        } else {
          registered = invalidation.tid();
        }
      }
      case ServerMessage.RaidView view when isPeer() ->
          listener.viewed(view.epoch(), view.inSync(), view.trouble());
      case ServerMessage.RaidView view -> unasked("a view of its RAID");
      case ServerMessage.Info info -> {
        listener.info(Results.info(info.info()));
        if (!isPeer() && !owed.contains(finishCall)) {
          listener.packed();
        }
      }
      case ServerMessage.ReceiveBlobStart start -> expectedBlob().start(start);
      case ServerMessage.ReceiveBlobChunk chunk -> expectedBlob().chunk(chunk);
      case ServerMessage.ReceiveBlobStop stop -> expectedBlob().stop(stop);
    }
  }

  private void unasked(String what) {
    throw new ProtocolException("it sent " + what + " that nobody had asked for");
  }

  private IncomingBlob expectedBlob() {
    IncomingBlob expected = blob;
    if (expected == null) {
      throw new ProtocolException("it sent a blob that nobody had asked for");
    }
    liveness.sign(System.nanoTime());
    return expected;
  }

  private void settle(long call) {
    if (!owed.remove(call)) {
      throw new ProtocolException("it answered call " + call + ", which it does not owe");
    }
    // Only an answer shows that it works on what is asked: it may tell of transactions for ever.
    liveness.sign(System.nanoTime());
    if (owed.isEmpty() && !outbox.isUploading()) {
      liveness.settled();
    }
    if (call == votingCall) {
      votingBytes = 0;
    }
  }

  private void replied(ServerMessage.Reply reply) {
    Object value = reply.value();
    IncomingBlob asked = blob;
    if (asked != null && asked.isAnsweredBy(reply.id())) {
      value = asked.answered(value);
      blob = null;
    }
    if (reply.id() == REGISTER) {
      registered = Results.tid(reply.value());
    } else if (reply.id() == INFO) {
      listener.info(Results.info(reply.value()));
      ready();
    } else if (reply.id() == PING) {
      liveness.pingAnswered();
    } else if (reply.id() > ABORT) {
      listener.replied(reply.id(), value);
    }
  }

  private void failed(long call, RemoteError error) {
    if (blob != null && blob.isAnsweredBy(call)) {
      blob = null;
    }
    if (call == REGISTER || call == INFO) {
      lose("it refused storage '" + target.storage() + "': " + Errors.describe(error), false);
    } else if (call == PING) {
      liveness.pingAnswered();
    } else if (call > ABORT) {
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
    if (blob != null && blob.isPaused()) {
      liveness.sign(now);
    }
    if (liveness.isHung(now, votingBytes)) {
      lose("it has not answered for " + target.timeoutMillis() + " ms", true);
    } else if (isPeer() ? liveness.owesPing(now) : liveness.wantsPing(now)) {
      liveness.pingSent(now);
      call(PING, isPeer() ? new Request.LastTransaction() : new Request.Ping());
    }
  }

  /** For tests and logs. */
  @Override
  public String toString() {
    return "connection to backend " + target.name() + " at " + target.addresses();
  }
}
