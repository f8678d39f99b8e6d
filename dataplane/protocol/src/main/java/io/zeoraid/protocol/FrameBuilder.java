package io.zeoraid.protocol;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A frame in the making: small pieces are collected in one array, large ones only remembered, so
 * that the data of a record is copied once, to where the finished frame goes. Confined to one
 * thread.
 */
final class FrameBuilder {
  /** Up to this size a copy is cheaper than another piece. */
  private static final int INLINE_BYTES = 256;

  private byte[] small = new byte[192];
  private int count;

  /** Large pieces, and where in {@link #small} each one belongs. */
  private final List<byte[]> large = new ArrayList<>(2);

  private int[] positions = new int[2];
  private long largeBytes;

  /** Begins a frame; room for its length is left. */
  FrameBuilder() {
    count = Integer.BYTES;
  }

  void put(int value) {
    ensure(1);
    small[count++] = (byte) value;
  }

  /** One byte and an int of 4 bytes, least significant first. */
  void putLittleEndian(int first, int value) {
    ensure(1 + Integer.BYTES);
    small[count++] = (byte) first;
    small[count++] = (byte) value;
    small[count++] = (byte) (value >> 8);
    small[count++] = (byte) (value >> 16);
    small[count++] = (byte) (value >> 24);
  }

  /** 8 bytes, most significant first. */
  void putLong(long value) {
    ensure(Long.BYTES);
    for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      small[count++] = (byte) (value >> shift);
    }
  }

  /** These bytes; nobody may change them until the frame is finished. */
  void put(byte[] bytes) {
    if (bytes.length <= INLINE_BYTES) {
      ensure(bytes.length);
      System.arraycopy(bytes, 0, small, count, bytes.length);
      count += bytes.length;
      return;
    }
    if (large.size() == positions.length) {
      positions = Arrays.copyOf(positions, positions.length * 2);
    }
    positions[large.size()] = count;
    large.add(bytes);
    largeBytes += bytes.length;
  }

  /**
   * The whole frame.
   *
   * @throws IllegalArgumentException if it would be over 2 GiB
   */
  byte[] finish() {
    var array = new ArraySink();
    finish(array);
    return array.frame;
  }

  /**
   * Gives the whole frame to the sink.
   *
   * @throws IllegalArgumentException if it would be over 2 GiB; the sink was given nothing then
   */
  void finish(FrameSink sink) {
    long size = count + largeBytes;
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "a message of " + size + " bytes is too long for an array");
    }
    setLength(small, (int) size);
    sink.begin((int) size);
    int from = 0;
    for (int i = 0; i < large.size(); i++) {
      sink.put(small, from, positions[i] - from);
      from = positions[i];
      byte[] bytes = large.get(i);
      sink.put(bytes, 0, bytes.length);
    }
    sink.put(small, from, count - from);
  }

  private static final class ArraySink implements FrameSink {
    private byte[] frame = {};
    private int filled;

    @Override
    public void begin(int bytes) {
      frame = new byte[bytes];
    }

    @Override
    public void put(byte[] bytes, int offset, int length) {
      System.arraycopy(bytes, offset, frame, filled, length);
      filled += length;
    }
  }

  /** Writes the length of the body into the first 4 bytes of a frame of this size. */
  static void setLength(byte[] frame, int size) {
    int length = size - Integer.BYTES;
    frame[0] = (byte) (length >> 24);
    frame[1] = (byte) (length >> 16);
    frame[2] = (byte) (length >> 8);
    frame[3] = (byte) length;
  }

  private void ensure(int more) {
    if (small.length - count < more) {
      small = Arrays.copyOf(small, Math.max(small.length * 2, count + more));
    }
  }
}
