package io.zeoraid.server.backend;

import org.jspecify.annotations.Nullable;

/**
 * Where a blob goes that a backend sends ({@code ZEO/asyncio/client.py}: receiveBlobStart, Chunk,
 * Stop). On the event loop.
 */
public interface BlobSink {

  /** The backend has the blob, and begins to send it. */
  void started();

  void chunk(byte[] bytes);

  /** That was all of it. */
  void stopped();

  /**
   * What the call for the blob is answered with, when all of it has come.
   *
   * @param value the backend's answer
   */
  default @Nullable Object answer(@Nullable Object value) {
    return value;
  }

  /** Whether more can be taken in without filling our memory. */
  boolean wantsMore();

  /** Runs this when it {@link #wantsMore} again. */
  void whenItWantsMore(Runnable task);
}
