package io.zeoraid.server.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.server.net.Loop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class PacedBlobTest {
  private final Loop loop = new Loop("test");
  private final Sink sink = new Sink();

  private static final class Sink implements BlobSink {
    final List<Runnable> waiting = new ArrayList<>();
    int bytes;
    volatile boolean full;

    @Override
    public void started() {}

    @Override
    public void chunk(byte[] chunk) {
      bytes += chunk.length;
    }

    @Override
    public void stopped() {}

    @Override
    public boolean wantsMore() {
      return !full;
    }

    @Override
    public void whenItWantsMore(Runnable task) {
      waiting.add(task);
    }
  }

  @AfterEach
  void endLoop() {
    loop.close();
  }

  @Test
  void withoutALimitNothingIsInBetween() {
    assertSame(sink, PacedBlob.of(sink, 0, loop));
  }

  @Test
  void wantsNoMoreUntilWhatItTookIsPaidFor() throws InterruptedException {
    BlobSink paced = PacedBlob.of(sink, 1000, loop);
    assertTrue(paced.wantsMore());
    long before = System.nanoTime();

    paced.chunk(new byte[100]);

    assertEquals(100, sink.bytes);
    CountDownLatch wanted = new CountDownLatch(1);
    paced.whenItWantsMore(wanted::countDown);
    assertTrue(wanted.await(10, TimeUnit.SECONDS));
    assertTrue(System.nanoTime() - before >= TimeUnit.MILLISECONDS.toNanos(99));
    assertTrue(paced.wantsMore());
    assertTrue(sink.waiting.isEmpty());
  }

  @Test
  void waitsForASinkThatIsFullWhenItIsPaidFor() throws InterruptedException {
    BlobSink paced = PacedBlob.of(sink, 1 << 30, loop);
    paced.chunk(new byte[100]);
    assertTrue(paced.wantsMore());
    sink.full = true;
    assertFalse(paced.wantsMore());

    paced.whenItWantsMore(() -> {});

    assertEquals(1, sink.waiting.size());
  }
}
