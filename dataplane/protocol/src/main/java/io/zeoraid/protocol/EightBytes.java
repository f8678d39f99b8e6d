package io.zeoraid.protocol;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/** The 8 big-endian bytes that stand for a tid or an oid on the wire. */
final class EightBytes {
  private static final HexFormat HEX = HexFormat.of();

  private EightBytes() {}

  static long toLong(String what, byte[] bytes) {
    if (bytes.length != Long.BYTES) {
      throw new IllegalArgumentException("a " + what + " has 8 bytes, not " + bytes.length);
    }
    return ByteBuffer.wrap(bytes).getLong();
  }

  static byte[] ofLong(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  static String toHex(long value) {
    return HEX.toHexDigits(value);
  }
}
