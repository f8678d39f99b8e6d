package io.zeoraid.protocol;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The bytes of a pickle, read from the front. A length is believed only as far as bytes are there.
 * Confined to one thread.
 */
final class PickleInput {
  /** Python has ints of any size; ZEO's messages have none over 64 bits. */
  static final int MAX_INTEGER_BYTES = 128;

  private final ByteBuffer in;
  private final Limits limits;

  PickleInput(ByteBuffer littleEndian, Limits limits) {
    this.in = littleEndian;
    this.limits = limits;
  }

  int unsignedByte(String what) {
    need(1, what);
    return in.get() & 0xff;
  }

  int unsignedShort() {
    need(Short.BYTES, "an int");
    return in.getShort() & 0xffff;
  }

  int signedInt() {
    need(Integer.BYTES, "an int");
    return in.getInt();
  }

  double binaryFloat() {
    need(Double.BYTES, "a float");
    // The one big-endian number of a pickle.
    return Double.longBitsToDouble(Long.reverseBytes(in.getLong()));
  }

  /** A length of 4 bytes: unsigned, but more than 2 GiB are never there. */
  int length() {
    need(Integer.BYTES, "a length");
    return checked(in.getInt() & 0xffff_ffffL);
  }

  /** A length of 8 bytes. */
  int longLength() {
    need(Long.BYTES, "a length");
    return checked(in.getLong());
  }

  /** The header of a frame of protocol 4: only says how many bytes belong together. */
  void frame() {
    longLength();
  }

  byte[] bytes(int length) {
    need(length, "bytes");
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  String text(int length) {
    checkText(length);
    need(length, "text");
    String text = Utf8.decode(in, length);
    in.position(in.position() + length);
    return text;
  }

  /**
   * A string of Python 2, bytes or text: as text, one character for each byte, so that nothing is
   * lost.
   */
  String latin1(int length) {
    checkText(length);
    return new String(bytes(length), StandardCharsets.ISO_8859_1);
  }

  /** A two's complement little-endian integer: a Long, or a BigInteger if it does not fit. */
  Number integer(int length) {
    if (length > MAX_INTEGER_BYTES) {
      throw PickleReader.broken(
          "an int has " + length + " bytes; at most " + MAX_INTEGER_BYTES + " are allowed");
    }
    need(length, "an int");
    if (length <= Long.BYTES) {
      long value = 0;
      for (int i = 0; i < length; i++) {
        value |= (in.get() & 0xffL) << (i * Byte.SIZE);
      }
      int unused = Long.SIZE - length * Byte.SIZE;
      return length == 0 ? 0L : value << unused >> unused;
    }
    byte[] bytes = bytes(length);
    for (int i = 0; i < length / 2; i++) {
      byte swapped = bytes[i];
      bytes[i] = bytes[length - 1 - i];
      bytes[length - 1 - i] = swapped;
    }
    return PickleText.narrow(new BigInteger(bytes));
  }

  /** The characters up to the next line feed, each from one byte. */
  String line() {
    int start = in.position();
    int most = Math.min(in.limit(), start + Math.min(limits.maxTextBytes(), in.remaining()));
    for (int i = start; i < most; i++) {
      if (in.get(i) == '\n') {
        String line = new String(bytes(i - start), StandardCharsets.ISO_8859_1);
        in.get();
        return line;
      }
    }
    throw PickleReader.broken(
        "a line does not end within " + (most - start) + " bytes; lines end with a line feed");
  }

  /** Nothing may follow. */
  void end() {
    if (in.hasRemaining()) {
      throw PickleReader.broken(in.remaining() + " bytes follow its end; none are allowed");
    }
  }

  private int checked(long length) {
    if (length < 0 || length > in.remaining()) {
      throw PickleReader.broken(
          ("it declares a length of " + Long.toUnsignedString(length) + " bytes, but only ")
              + (in.remaining() + " are left"));
    }
    return (int) length;
  }

  private void checkText(int length) {
    if (length > limits.maxTextBytes()) {
      throw PickleReader.broken(
          "a text has " + length + " bytes; at most " + limits.maxTextBytes() + " are allowed");
    }
  }

  private void need(int count, String what) {
    if (in.remaining() < count) {
      throw PickleReader.broken(
          ("it breaks off in " + what + ": " + count + " bytes needed, ")
              + (in.remaining() + " left"));
    }
  }
}
