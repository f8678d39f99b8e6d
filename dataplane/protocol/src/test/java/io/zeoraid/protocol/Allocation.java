package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** How much memory a piece of code asks for. */
final class Allocation {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocation() {}

  /** Runs the code, once more if it took more: the first time it may have to load classes. */
  static void assertAtMost(long bytes, String what, Runnable code) {
    if (measure(code) > bytes) {
      long used = measure(code);
      assertTrue(used <= bytes, what + " took " + used + " bytes of memory, more than " + bytes);
    }
  }

  private static long measure(Runnable code) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    code.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
