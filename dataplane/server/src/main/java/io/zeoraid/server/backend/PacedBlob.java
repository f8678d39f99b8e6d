package io.zeoraid.server.backend;

import io.zeoraid.raid.Bandwidth;
import io.zeoraid.raid.Pace;
import io.zeoraid.server.net.Loop;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Takes in a blob not faster than it may ({@code recovery-bandwidth}). On the event loop. */
final class PacedBlob implements BlobSink {
  private final BlobSink sink;
  private final Pace pace;
  private final Loop loop;
  private long wantsAtNanos = System.nanoTime();

  private PacedBlob(BlobSink sink, Pace pace, Loop loop) {
    this.sink = sink;
    this.pace = pace;
    this.loop = loop;
  }

  /**
   * The sink, at most so fast.
   *
   * @param bytesPerSecond 0: no limit
   */
  static BlobSink of(BlobSink sink, long bytesPerSecond, Loop loop) {
    return bytesPerSecond == 0 ? sink : new PacedBlob(sink, new Bandwidth(bytesPerSecond), loop);
  }

  @Override
  public void started() {
    sink.started();
  }

  @Override
  public void chunk(byte[] bytes) {
    sink.chunk(bytes);
    long now = System.nanoTime();
    long wait = pace.spend(bytes.length, TimeUnit.NANOSECONDS.toMillis(now));
    wantsAtNanos = now + TimeUnit.MILLISECONDS.toNanos(wait);
  }

  @Override
  public void stopped() {
    sink.stopped();
  }

  @Override
  public @Nullable Object answer(@Nullable Object value) {
    return sink.answer(value);
  }

  @Override
  public boolean wantsMore() {
    return sink.wantsMore() && wantsAtNanos - System.nanoTime() <= 0;
  }

  @Override
  public void whenItWantsMore(Runnable task) {
    long wait = wantsAtNanos - System.nanoTime();
    if (wait > 0) {
      loop.schedule(() -> whenItWantsMore(task), TimeUnit.NANOSECONDS.toMillis(wait) + 1);
    } else if (sink.wantsMore()) {
      task.run();
    } else {
      sink.whenItWantsMore(task);
    }
  }
}
