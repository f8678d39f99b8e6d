package io.zeoraid.server.backend;

import io.netty.channel.Channel;
import io.zeoraid.server.net.Frames;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.transaction.Operations;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What goes to a backend, in order: a transaction as fast as the backend takes it, and after it
 * what was asked for meanwhile. Confined to the event loop.
 */
final class Outbox {

  /** How a transaction ends that was sent. */
  interface Upload {

    /** All its frames were sent. */
    void sent();

    /** Its frames can't be read; some may have been sent. */
    void unreadable(String why);
  }

  private record Sending(Object transaction, Operations frames, Upload upload) {}

  private final Loop loop;
  private final Deque<Runnable> behind = new ArrayDeque<>();
  private @Nullable Sending sending;

  Outbox(Loop loop) {
    this.loop = loop;
  }

  /** Whether a transaction is being sent. */
  boolean isUploading() {
    return sending != null;
  }

  /** Runs this when no transaction is being sent, and what was asked for before has been done. */
  void behind(Runnable task) {
    behind.add(task);
    drain();
  }

  /** Begins to send a transaction. None must be under way. */
  void upload(@Nullable Channel to, Object transaction, Operations frames, Upload upload) {
    sending = new Sending(transaction, frames, upload);
    pump(to);
  }

  /**
   * Stops sending this transaction; what waits behind it goes on with {@link #drain}.
   *
   * @return whether it was being sent
   */
  boolean cancel(@Nullable Channel to, Object transaction) {
    Sending now = sending;
    if (now == null || !now.transaction().equals(transaction)) {
      return false;
    }
    sending = null;
    endBlob(to, now.frames());
    return true;
  }

  /** A blob that was sent in part must end before anything else is sent. */
  private void endBlob(@Nullable Channel to, Operations frames) {
    byte[] end = frames.endOfBlob();
    if (end != null && to != null) {
      loop.write(to, Frames.frame(end));
    }
  }

  /** Sends as much of a transaction as the backend takes without filling our memory. */
  void pump(@Nullable Channel to) {
    Sending now = sending;
    if (now == null || to == null) {
      return;
    }
    Operations frames = now.frames();
    try {
      while (to.isWritable() && frames.hasNext()) {
        loop.write(to, Frames.frame(frames.next()));
      }
      if (frames.hasNext()) {
        loop.flushSoon(to);
        return;
      }
      sending = null;
      now.upload().sent();
    } catch (UncheckedIOException e) {
      sending = null;
      endBlob(to, frames);
      now.upload().unreadable(Dial.words(e.getCause() == null ? e : e.getCause()));
    }
    drain();
  }

  void drain() {
    while (sending == null && !behind.isEmpty()) {
      behind.remove().run();
    }
  }

  /** Nothing more is sent. */
  void clear() {
    behind.clear();
    sending = null;
  }
}
