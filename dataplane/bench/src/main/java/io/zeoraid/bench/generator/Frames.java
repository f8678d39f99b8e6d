package io.zeoraid.bench.generator;

import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.zeoraid.protocol.Limits;

/** ZEO's frames: a 4-byte big-endian length, then the body ({@code ZEO/asyncio/smp.py}). */
public final class Frames {
  private Frames() {}

  /** Cuts what comes in into bodies. */
  public static ChannelHandler decoder() {
    return new LengthFieldBasedFrameDecoder(
        Limits.DEFAULT.maxFrameBytes(), 0, Integer.BYTES, 0, Integer.BYTES);
  }
}
