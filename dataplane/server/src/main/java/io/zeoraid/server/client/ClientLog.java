package io.zeoraid.server.client;

import io.zeoraid.server.net.Loop;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What is logged about connections that end: a line each, but hostile clients must not fill the
 * disk. After {@value #BURST} lines there is one for each second; of the rest the number is told.
 * Confined to the event loop.
 */
final class ClientLog {
  static final int BURST = 100;
  private static final long REFILL_NANOS = 1_000_000_000;
  private static final long TELL_MILLIS = 10_000;

  private final Logger log;
  private final Loop loop;
  private int left = BURST;
  private long refilled = System.nanoTime();
  private long untold;

  ClientLog(Logger log, Loop loop) {
    this.log = log;
    this.loop = loop;
  }

  void log(Logger.Level level, String text) {
    log(level, text, null);
  }

  void log(Logger.Level level, String text, @Nullable Throwable trouble) {
    refill();
    if (left > 0) {
      left--;
      log.log(level, text, trouble);
    } else if (++untold == 1) {
      loop.schedule(this::tell, TELL_MILLIS);
    }
  }

  private void refill() {
    long now = System.nanoTime();
    long more = Math.min(BURST - left, (now - refilled) / REFILL_NANOS);
    left += (int) more;
    refilled = left == BURST ? now : refilled + more * REFILL_NANOS;
  }

  private void tell() {
    log.warnf("%d more connections were ended for reasons like those above", untold);
    untold = 0;
  }
}
