package io.zeoraid.server.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;

/**
 * ZEO's frames: a 4-byte big-endian length, then the body ({@code ZEO/asyncio/smp.py}); ours have a
 * greatest length.
 */
public final class Frames {
  private static final int LENGTH_BYTES = Integer.BYTES;

  private Frames() {}

  /**
   * Cuts what comes in into bodies. A longer frame ends in a {@code TooLongFrameException} before
   * it is held in memory.
   */
  public static LengthFieldBasedFrameDecoder decoder(int maxBytes) {
    return new LengthFieldBasedFrameDecoder(maxBytes, 0, LENGTH_BYTES, 0, LENGTH_BYTES);
  }

  /** A whole frame to write; the array is not copied. */
  public static ByteBuf frame(byte[] frame) {
    return Unpooled.wrappedBuffer(frame);
  }
}
