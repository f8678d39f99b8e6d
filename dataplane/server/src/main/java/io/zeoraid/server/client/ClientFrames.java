package io.zeoraid.server.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.TooLongFrameException;
import java.nio.ByteOrder;
import java.util.function.IntSupplier;

/**
 * Cuts what a client sends into bodies ({@code ZEO/asyncio/smp.py}), and tells how much of one
 * waits for its end. Memory is taken for what has come, not for what is announced.
 */
final class ClientFrames extends LengthFieldBasedFrameDecoder {
  private final IntSupplier mostBytes;
  private final Runnable grown;

  /**
   * Limits may change between two frames.
   *
   * @param maxBytes of any frame
   * @param mostBytes of the frame that begins now
   * @param grown run when more was read
   */
  ClientFrames(int maxBytes, IntSupplier mostBytes, Runnable grown) {
    super(maxBytes, 0, Integer.BYTES, 0, Integer.BYTES);
    this.mostBytes = mostBytes;
    this.grown = grown;
  }

  /** Memory that a part of a frame takes up. */
  long heldBytes() {
    return internalBuffer().capacity();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    super.channelRead(context, message);
    grown.run();
  }

  @Override
  protected long getUnadjustedFrameLength(ByteBuf bytes, int offset, int length, ByteOrder order) {
    long claimed = super.getUnadjustedFrameLength(bytes, offset, length, order);
    if (claimed > mostBytes.getAsInt()) {
      throw new TooLongFrameException("a frame of " + claimed + " bytes");
    }
    return claimed;
  }
}
