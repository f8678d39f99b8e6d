package io.zeoraid.protocol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessageFormat;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePackException;
import org.msgpack.core.MessageUnpacker;

/**
 * Reads one msgpack value into plain data, as {@code msgpack.unpackb(…, raw=False, use_list=False)}
 * of Python does: arrays are tuples. Source: {@code decoder} in {@code ZEO/asyncio/marshal.py}.
 * Confined to one thread.
 */
final class MsgpackReader {
  static {
    MsgpackBuffers.init();
  }

  private static final MessagePack.UnpackerConfig CONFIG = MessagePack.DEFAULT_UNPACKER_CONFIG;

  private final MessageUnpacker in;
  private final Limits limits;
  private final int size;
  private int items;

  private MsgpackReader(MessageUnpacker in, Limits limits, int size) {
    this.in = in;
    this.limits = limits;
    this.size = size;
  }

  /**
   * The value that the bytes spell.
   *
   * @throws ProtocolException if they are no msgpack of plain data, or something follows it
   */
  static @Nullable Object read(ByteBuffer body, Limits limits) {
    int size = body.remaining();
    try (MessageUnpacker unpacker = CONFIG.newUnpacker(body.duplicate())) {
      Object value = new MsgpackReader(unpacker, limits, size).value(0);
      long rest = size - unpacker.getTotalReadBytes();
      if (rest != 0) {
        throw broken(rest + " bytes follow its end; none are allowed");
      }
      return value;
    } catch (MessagePackException | IOException e) {
      // What the library says about its own types helps nobody.
      throw new ProtocolException(
          "the message is no acceptable msgpack: it breaks off or is malformed", e);
    }
  }

  private @Nullable Object value(int depth) throws IOException {
    MessageFormat format = in.getNextFormat();
    switch (format.getValueType()) {
      case NIL -> {
        in.unpackNil();
        return null;
      }
      case BINARY -> {
        return in.readPayload(length(in.unpackBinaryHeader(), limits.maxFrameBytes(), "bytes"));
      }
      case STRING -> {
        int length = length(in.unpackRawStringHeader(), limits.maxTextBytes(), "a text");
        ByteBuffer bytes = ByteBuffer.wrap(in.readPayload(length));
        return Utf8.decode(bytes, length);
      }
      case INTEGER -> {
        if (format == MessageFormat.UINT64) {
          return PickleText.narrow(in.unpackBigInteger());
        }
        return in.unpackLong();
      }
      case BOOLEAN -> {
        return in.unpackBoolean();
      }
      case FLOAT -> {
        return in.unpackDouble();
      }
      case ARRAY -> {
        return array(depth);
      }
      case MAP -> {
        return map(depth);
      }
      default -> throw broken("it has a value of type " + format + "; only plain data is allowed");
    }
  }

  private List<@Nullable Object> array(int depth) throws IOException {
    @Nullable Object[] elements = new @Nullable Object[elements(in.unpackArrayHeader(), 1, depth)];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = value(depth + 1);
    }
    return Arrays.asList(elements);
  }

  private Map<@Nullable Object, @Nullable Object> map(int depth) throws IOException {
    int count = elements(in.unpackMapHeader(), 2, depth);
    Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      Object key = value(depth + 1);
      Dicts.put(map, key, value(depth + 1));
    }
    return map;
  }

  /**
   * Checks how many elements are announced, before there is memory for them: each takes at least
   * one byte.
   */
  private int elements(int count, int each, int depth) {
    if (depth >= limits.maxDepth()) {
      throw broken("it is nested deeper than " + limits.maxDepth() + " levels, the most allowed");
    }
    long left = size - in.getTotalReadBytes();
    if (count < 0 || (long) count * each > left) {
      throw broken("it declares " + count + " elements, but only " + left + " bytes are left");
    }
    items += count * each;
    if (items < 0 || items > limits.maxItems()) {
      throw broken("it has more than " + limits.maxItems() + " values, the most allowed");
    }
    return count;
  }

  private int length(int length, int most, String what) {
    long left = size - in.getTotalReadBytes();
    if (length < 0 || length > left) {
      throw broken("it declares a length of " + length + " bytes, but only " + left + " are left");
    }
    if (length > most) {
      throw broken(what + " of " + length + " bytes; at most " + most + " are allowed");
    }
    return length;
  }

  private static ProtocolException broken(String why) {
    return new ProtocolException("the message is no acceptable msgpack: " + why);
  }
}
