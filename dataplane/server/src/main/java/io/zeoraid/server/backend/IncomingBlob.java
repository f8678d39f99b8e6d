package io.zeoraid.server.backend;

import io.netty.channel.Channel;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import org.jspecify.annotations.Nullable;

/**
 * A blob that a backend was asked for: what comes goes on to its sink, and as long as that takes in
 * nothing, nothing is read from the backend. Confined to the event loop.
 */
final class IncomingBlob {
  private final long call;
  private final Oid oid;
  private final Tid serial;
  private final BlobSink sink;
  private final Channel from;
  private boolean started;
  private boolean stopped;
  private boolean paused;

  IncomingBlob(long call, Oid oid, Tid serial, BlobSink sink, Channel from) {
    this.call = call;
    this.oid = oid;
    this.serial = serial;
    this.sink = sink;
    this.from = from;
  }

  /** Whether the backend is not being read from: its silence is ours. */
  boolean isPaused() {
    return paused;
  }

  void start(ServerMessage.ReceiveBlobStart start) {
    check(start.oid(), start.serial(), !started);
    started = true;
    sink.started();
  }

  void chunk(ServerMessage.ReceiveBlobChunk chunk) {
    check(chunk.oid(), chunk.serial(), started && !stopped);
    sink.chunk(chunk.chunk());
    if (!paused && !sink.wantsMore()) {
      paused = true;
      from.config().setAutoRead(false);
      sink.whenItWantsMore(() -> {
        paused = false;
        from.config().setAutoRead(true);
      });
    }
  }

  void stop(ServerMessage.ReceiveBlobStop stop) {
    check(stop.oid(), stop.serial(), started && !stopped);
    stopped = true;
    sink.stopped();
  }

  private void check(Oid its, Tid itsSerial, boolean inOrder) {
    if (!inOrder || !its.equals(oid) || !itsSerial.equals(serial)) {
      throw new ProtocolException("it sent a blob that nobody had asked for");
    }
  }

  /** Whether this is the call that asked for it. */
  boolean isAnsweredBy(long number) {
    return call == number;
  }

  /**
   * The call was answered, and not by an error.
   *
   * @return what its answer is for those who asked
   */
  @Nullable Object answered(@Nullable Object value) {
    if (!stopped) {
      throw new ProtocolException("it answered 'sendBlob' without having sent the blob");
    }
    return sink.answer(value);
  }
}
