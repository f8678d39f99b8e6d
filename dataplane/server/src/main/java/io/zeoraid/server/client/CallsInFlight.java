package io.zeoraid.server.client;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a client that wait for an answer. While there are too many, or the client does not
 * take its answers, it is not read from. Confined to the event loop.
 */
final class CallsInFlight {
  /** Memory that a call takes up, for each byte in which it came. */
  private static final int MEMORY_FACTOR = 16;

  private final int max;
  private @Nullable Channel channel;
  private int count;
  private long bytes;

  /** Of the call that is being handled. */
  private int latestBytes;

  CallsInFlight(int max) {
    this.max = max;
  }

  void open(Channel from) {
    channel = from;
  }

  /** A call of so many bytes is handled now. */
  void came(int bytes) {
    latestBytes = bytes;
  }

  /** How long the call is that is being handled. */
  int latestBytes() {
    return latestBytes;
  }

  /**
   * The call that is being handled waits for an answer.
   *
   * @return what {@link #answered} is to be told
   */
  int asked() {
    count++;
    bytes += latestBytes;
    Channel from = channel;
    if (count >= max && from != null) {
      from.config().setAutoRead(false);
    }
    return latestBytes;
  }

  void answered(int answeredBytes) {
    count--;
    bytes -= answeredBytes;
    if (count == max / 2) {
      readOn();
    }
  }

  /** Reads on, if nothing speaks against it. */
  void readOn() {
    Channel from = channel;
    if (from != null && from.isWritable() && count < max) {
      from.config().setAutoRead(true);
    }
  }

  /** Memory that these calls take up. */
  long heldBytes() {
    return bytes * MEMORY_FACTOR;
  }
}
