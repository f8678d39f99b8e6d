package io.zeoraid.server.storage;

import io.netty.util.concurrent.ScheduledFuture;
import io.zeoraid.server.net.Loop;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;

/** The timers that the decisions have started, by their numbers. Confined to the event loop. */
final class Timers {
  private final Loop loop;
  private final LongConsumer fired;
  private final Map<Long, ScheduledFuture<?>> running = new HashMap<>();

  /**
   * @param fired told the number of a timer whose time has come
   */
  Timers(Loop loop, LongConsumer fired) {
    this.loop = loop;
    this.fired = fired;
  }

  void start(long timer, long millis) {
    running.put(
        timer,
        loop.schedule(
            () -> {
              running.remove(timer);
              fired.accept(timer);
            },
            millis));
  }

  void cancel(long timer) {
    ScheduledFuture<?> waiting = running.remove(timer);
    if (waiting != null) {
      waiting.cancel(false);
    }
  }

  void cancelAll() {
    running.values().forEach(timer -> timer.cancel(false));
    running.clear();
  }
}
