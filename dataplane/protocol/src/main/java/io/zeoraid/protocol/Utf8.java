package io.zeoraid.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * UTF-8 as Python's pickles use it: with surrogates as if they were characters ({@code
 * surrogatepass}), for Python's strings can hold lone ones.
 */
final class Utf8 {
  private Utf8() {}

  /**
   * The text that the next bytes spell; the buffer stays where it is.
   *
   * @throws ProtocolException if they are no UTF-8
   */
  static String decode(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(in.position(), bytes);
    String text = new String(bytes, StandardCharsets.UTF_8);
    // The decoder puts U+FFFD for what it cannot decode. Rare enough to look twice.
    return text.indexOf('\ufffd') < 0 ? text : decodeCarefully(bytes);
  }

  /** The bytes that spell this text. */
  static byte[] encode(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return encodeCarefully(text);
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String decodeCarefully(byte[] bytes) {
    var text = new StringBuilder(bytes.length);
    int i = 0;
    while (i < bytes.length) {
      int first = bytes[i] & 0xff;
      int size =
          first < 0x80
              ? 1
              : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
      if (size == 0 || i + size > bytes.length) {
        throw new ProtocolException("a text should be UTF-8, but byte " + i + " of it is not");
      }
      int point = size == 1 ? first : first & (0xff >> (size + 1));
      for (int n = 1; n < size; n++) {
        if ((bytes[i + n] & 0xc0) != 0x80) {
          throw new ProtocolException(
              "a text should be UTF-8, but byte " + (i + n) + " of it is not");
        }
        point = point << 6 | (bytes[i + n] & 0x3f);
      }
      boolean overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
      if (overlong || point > Character.MAX_CODE_POINT) {
        throw new ProtocolException("a text should be UTF-8, but byte " + i + " of it is not");
      }
      text.appendCodePoint(point);
      i += size;
    }
    return text.toString();
  }

  private static byte[] encodeCarefully(String text) {
    ByteBuffer out = ByteBuffer.allocate(text.length() * 3);
    int i = 0;
    while (i < text.length()) {
      int point = text.codePointAt(i);
      i += Character.charCount(point);
      if (point < 0x80) {
        out.put((byte) point);
      } else if (point < 0x800) {
        out.put((byte) (0xc0 | point >> 6)).put(continuation(point));
      } else if (point < 0x10000) {
        out.put((byte) (0xe0 | point >> 12)).put(continuation(point >> 6)).put(continuation(point));
      } else {
        out.put((byte) (0xf0 | point >> 18))
            .put(continuation(point >> 12))
            .put(continuation(point >> 6))
            .put(continuation(point));
      }
    }
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  private static byte continuation(int bits) {
    return (byte) (0x80 | (bits & 0x3f));
  }
}
