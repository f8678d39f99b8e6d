package io.zeoraid.protocol;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages of ZEO 5 from and to bytes, in one {@link Encoding}. Source: {@code
 * ZEO/asyncio/marshal.py}; {@code message_received} and {@code send_reply} in {@code
 * ZEO/asyncio/server.py}; {@code message_received} and {@code call_sync} in {@code
 * ZEO/asyncio/client.py}.
 *
 * <p>What {@code encode…} returns is one array with the whole frame, 4 bytes of big-endian length
 * and the body, nothing spare; the data of a record is copied into it once. What {@code decode…}
 * takes is a body without its length; it may be a heap or a direct buffer, whose position stays
 * where it is, and no reference to it is kept. A body that is not a well-formed message of ZEO 5
 * throws {@link ProtocolException}, and only that.
 *
 * <p><b>Plain data</b>, the values that are decoded and can be encoded: null, {@link Boolean},
 * {@link Long} ({@link java.math.BigInteger} if it does not fit), {@link Double}, {@link String},
 * {@code byte[]}, {@link java.util.List} (a tuple; a {@link PyList} is a list), {@link
 * java.util.Map} with scalar keys in their order, and {@link Prefix}, which msgpack cannot carry.
 * To save callers the conversion, {@link Integer}, {@link Tid}, {@link Oid}, {@code Object[]} (a
 * tuple), {@link Loaded}, {@link TransactionHeader}, {@link DataRecord}, {@link CurrentRecord},
 * {@link Invalidations} and {@link VoteAnswer} can be encoded as well; any other class throws
 * {@link IllegalArgumentException}.
 *
 * <p>Immutable and thread-safe: one codec serves any number of connections and threads.
 */
public final class Codec {
  private static final String REPLY = ".reply";

  /** The flag of a reply that carries an exception ({@code send_error}). */
  private static final Integer EXCEPTION = 2;

  private static final Integer RESULT = 0;
  private static final Long KEEP_ALIVE = -1L;

  private final Encoding encoding;
  private final Limits limits;

  private Codec(Encoding encoding, Limits limits) {
    this.encoding = encoding;
    this.limits = limits;
  }

  /** A codec for connections that agreed on this encoding. */
  public static Codec of(Encoding encoding, Limits limits) {
    return new Codec(encoding, limits);
  }

  /** The encoding of this codec. */
  public Encoding encoding() {
    return encoding;
  }

  /** The bounds on what this codec decodes. */
  public Limits limits() {
    return limits;
  }

  /**
   * What a client says to a server.
   *
   * @return null if it is the keep-alive that a client sends every minute: no answer is wanted
   */
  public @Nullable Call decodeCall(ByteBuffer body) {
    List<?> message = decode(body, false);
    Object id = message.get(0);
    if (KEEP_ALIVE.equals(id)) {
      return null;
    }
    if (id == null) {
      throw new ProtocolException("a call should have an id, not None");
    }
    String method = method(message);
    return new Call(
        id, Arguments.truth(method, message.get(1)), Requests.of(method, message.get(3)));
  }

  /** The answer to the call with this id, which is echoed as it came. */
  public byte[] encodeReply(Object id, @Nullable Object value) {
    return encode(new Object[] {id, RESULT, REPLY, value});
  }

  /**
   * The same for a server that has many to write: the sink is given the frame only when it is
   * certain that the value can be encoded.
   */
  public void encodeReply(Object id, @Nullable Object value, FrameSink sink) {
    Object[] message = {id, RESULT, REPLY, value};
    switch (encoding) {
      case PICKLE -> PickleWriter.frame(message, sink);
      case MSGPACK -> {
        byte[] frame = MsgpackWriter.frame(message);
        sink.begin(frame.length);
        sink.put(frame, 0, frame.length);
      }
    }
  }

  /** Says that the call with this id, which is echoed as it came, failed. */
  public byte[] encodeFailure(Object id, RemoteError error) {
    return encode(
        new Object[] {id, EXCEPTION, REPLY, new Object[] {error.type(), error.arguments()}});
  }

  /**
   * A call from the server to a client.
   *
   * @throws IllegalArgumentException if the message is a reply or a failure
   */
  public byte[] encodeAsync(ServerMessage message) {
    return encode(
        new Object[] {0, true, ServerMessages.method(message), ServerMessages.arguments(message)});
  }

  /**
   * A call from a client to a server.
   *
   * @param id the id for the reply, from 1; not used if the request is {@linkplain
   *     Request#isAsync() async}
   */
  public byte[] encodeCall(long id, Request request) {
    return encodeCall((Object) (request.isAsync() ? 0L : id), request);
  }

  /** A call with an id that need not be a number, as stock clients make for {@code loadBefore}. */
  byte[] encodeCall(Object id, Request request) {
    return encode(
        new Object[] {id, request.isAsync(), request.method(), Requests.arguments(request)});
  }

  /** What a client says when it has nothing to say, every minute. */
  public byte[] encodeKeepAlive() {
    return encode(new Object[] {KEEP_ALIVE, RESULT, REPLY, null});
  }

  /**
   * What a server says to a client whose calls have numbers as ids.
   *
   * <p>Exceptions inside an exception ({@code MultipleUndoErrors}) arrive as their reasons in
   * words.
   */
  public ServerMessage decodeServerMessage(ByteBuffer body) {
    List<?> message = decode(body, true);
    String method = method(message);
    if (!method.equals(REPLY)) {
      return ServerMessages.of(method, message.get(3));
    }
    if (!(message.get(0) instanceof Long id)) {
      throw new ProtocolException(
          "a reply should have the number of a call as its id, not " + Words.kind(message.get(0)));
    }
    if (!Arguments.truth(REPLY, message.get(1))) {
      return new ServerMessage.Reply(id, message.get(3));
    }
    if (message.get(3) instanceof List<?> pair
        && pair.size() == 2
        && pair.get(0) instanceof String type
        && pair.get(1) != null) {
      return new ServerMessage.Failure(id, Errors.plain(new RemoteError(type, pair.get(1))));
    }
    throw new ProtocolException(
        "a failure should be (class name, arguments), not " + Words.kind(message.get(3)));
  }

  private static String method(List<?> message) {
    if (message.get(2) instanceof String method) {
      return method;
    }
    throw new ProtocolException(
        "the name of a method should be a str, not " + Words.kind(message.get(2)));
  }

  /** The four parts of a message, as plain data. */
  List<?> decode(ByteBuffer body, boolean fromServer) {
    if (body.remaining() > limits.maxFrameBytes()) {
      throw new ProtocolException(
          ("a message of " + body.remaining() + " bytes is too long; ")
              + ("at most " + limits.maxFrameBytes() + " are allowed"));
    }
    Object message =
        switch (encoding) {
          case PICKLE -> new PickleReader(body, limits, fromServer).read();
          case MSGPACK -> MsgpackReader.read(body, limits);
        };
    if (message instanceof List<?> parts && parts.size() == 4) {
      return parts;
    }
    throw new ProtocolException(
        "a message should be (id, flag, method, arguments), not " + Words.kind(message));
  }

  private byte[] encode(@Nullable Object[] message) {
    return switch (encoding) {
      case PICKLE -> PickleWriter.frame(message);
      case MSGPACK -> MsgpackWriter.frame(message);
    };
  }
}
