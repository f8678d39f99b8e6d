package io.zeoraid.server.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.FrameSink;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.server.net.Frames;
import io.zeoraid.server.net.Loop;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What goes out to a client, in its encoding, and how much of it the client may leave unread.
 * Confined to the event loop.
 */
final class Answers {
  private final Loop loop;
  private final ClientLimits limits;
  private final ClientLog log;
  private final Object client;
  private final Consumer<String> close;
  private final Runnable wrote;
  private final Deque<Runnable> whenWritable = new ArrayDeque<>();

  private @Nullable Channel channel;
  private @Nullable Codec codec;
  private boolean ended;

  /**
   * Says nothing before {@link #open}.
   *
   * @param client what the log calls it
   * @param close disconnects it, and says why
   * @param wrote run when more may be unread than before
   */
  Answers(
      Loop loop,
      ClientLimits limits,
      ClientLog log,
      Object client,
      Consumer<String> close,
      Runnable wrote) {
    this.loop = loop;
    this.limits = limits;
    this.log = log;
    this.client = client;
    this.close = close;
    this.wrote = wrote;
  }

  void open(Channel to) {
    channel = to;
  }

  /** Nothing more is said. */
  void end() {
    ended = true;
  }

  Encoding encoding() {
    return codec().encoding();
  }

  /** Whether the handshake is over. */
  boolean isReady() {
    return codec != null;
  }

  /** The handshake is over: this is what the client speaks. */
  void speak(Codec chosen) {
    codec = chosen;
  }

  Codec codec() {
    Codec known = codec;
    if (known == null) {
      throw new IllegalStateException("no handshake yet");
    }
    return known;
  }

  void reply(Object id, @Nullable Object value) {
    Channel to = channel;
    if (to != null && !ended) {
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
      log.log(
          Logger.Level.WARN,
          "client " + client + ": the error '" + words + "' can't be encoded: " + e.getMessage());
      frame = codec().encodeFailure(id, Errors.storage(words));
    }
    write(frame);
  }

  /** Whoever waits for an answer gets one. */
  private void cannotSay(Object id, IllegalArgumentException why) {
    String words = "the answer can't be encoded: " + why.getMessage();
    log.log(Logger.Level.WARN, "client " + client + ": " + words);
    fail(id, Errors.valueError(words));
  }

  /** Writes a whole frame; the array may be shared with other connections. */
  void write(byte[] frame) {
    Channel to = channel;
    if (to != null && !ended) {
      write(to, Frames.frame(frame));
    }
  }

  private void write(Channel to, ByteBuf frame) {
    int bytes = frame.readableBytes();
    loop.write(to, frame);
    // The last answer may be long; what counts is that those before it are not read.
    if (unreadBytes() - bytes > limits.writeBufferBytes()) {
      close.accept(
          "it leaves more than "
              + limits.writeBufferBytes()
              + " bytes unread (client-write-buffer)");
    } else {
      if (!to.isWritable()) {
        to.config().setAutoRead(false);
      }
      wrote.run();
    }
  }

  /** What the client has not taken yet. */
  long unreadBytes() {
    Channel to = channel;
    ChannelOutboundBuffer unread = to == null ? null : to.unsafe().outboundBuffer();
    return unread == null ? 0 : unread.totalPendingWriteBytes();
  }

  boolean isWritable() {
    Channel to = channel;
    return to != null && to.isWritable();
  }

  /** Runs this when the client takes in again what is sent to it. */
  void whenWritable(Runnable task) {
    whenWritable.add(task);
  }

  void tellWritable() {
    while (isWritable() && !whenWritable.isEmpty()) {
      whenWritable.remove().run();
    }
  }
}
