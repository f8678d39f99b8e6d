package io.zeoraid.server.cli;

import java.io.StringWriter;

/** What is printed, and a way to wait until so many lines are. */
final class LineCounter extends StringWriter {

  synchronized void await(long lines) throws InterruptedException {
    while (toString().lines().count() < lines) {
      wait();
    }
  }

  @Override
  public synchronized void flush() {
    notifyAll();
  }
}
