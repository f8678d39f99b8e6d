package io.zeoraid.protocol;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePacker;

/**
 * Writes plain data as {@code msgpack.packb(…, use_bin_type=True)} of Python does, byte for byte.
 * Source: {@code encoder} in {@code ZEO/asyncio/marshal.py}.
 */
final class MsgpackWriter {
  static {
    MsgpackBuffers.init();
  }

  /** Large bytes are only remembered and copied once, into the finished frame. */
  private static final MessagePack.PackerConfig CONFIG =
      MessagePack.DEFAULT_PACKER_CONFIG.withBufferSize(256).withBufferFlushThreshold(256);

  private static final byte[] LENGTH = new byte[Integer.BYTES];

  private MsgpackWriter() {}

  /** The frame of this message. */
  static byte[] frame(@Nullable Object message) {
    try (MessageBufferPacker packer = CONFIG.newBufferPacker()) {
      packer.writePayload(LENGTH);
      write(packer, message);
      byte[] frame = packer.toByteArray();
      FrameBuilder.setLength(frame, frame.length);
      return frame;
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
  }

  private static void write(MessagePacker packer, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> packer.packNil();
      case byte[] bytes -> {
        packer.packBinaryHeader(bytes.length);
        packer.addPayload(bytes);
      }
      case Tid tid -> eight(packer, tid.toBytes());
      case Oid oid -> eight(packer, oid.toBytes());
      case String text -> packer.packString(text);
      case Long number -> packer.packLong(number);
      case Integer number -> packer.packInt(number);
      case Boolean flag -> packer.packBoolean(flag);
      case Object[] elements -> {
        packer.packArrayHeader(elements.length);
        for (Object element : elements) {
          write(packer, element);
        }
      }
      case List<?> list -> {
        packer.packArrayHeader(list.size());
        for (Object element : list) {
          write(packer, element);
        }
      }
      case Map<?, ?> map -> {
        packer.packMapHeader(map.size());
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          write(packer, entry.getKey());
          write(packer, entry.getValue());
        }
      }
      case Double number -> packer.packDouble(number);
      case BigInteger number -> big(packer, number);
      default -> write(packer, Domain.plain(value));
    }
  }

  private static void eight(MessagePacker packer, byte[] bytes) throws IOException {
    packer.packBinaryHeader(Long.BYTES);
    packer.writePayload(bytes);
  }

  /** Whether there is such an int in msgpack: from -2**63 to 2**64 - 1. */
  static boolean canSay(BigInteger number) {
    return number.bitLength() < Long.SIZE
        || (number.signum() > 0 && number.bitLength() == Long.SIZE);
  }

  private static void big(MessagePacker packer, BigInteger number) throws IOException {
    if (!canSay(number)) {
      throw new IllegalArgumentException("msgpack has ints of at most 64 bits, not " + number);
    }
    packer.packBigInteger(number);
  }
}
