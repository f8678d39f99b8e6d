package io.zeoraid.server.control;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A clock turned by hand. One thread, or one at a time. */
public final class HandClockwork implements Clockwork {
  private record Alarm(long atNanos, Runnable task) {}

  private final Instant start;
  private final List<Alarm> alarms = new ArrayList<>();
  private long nanos;

  public HandClockwork(Instant start) {
    this.start = start;
  }

  @Override
  public synchronized Instant now() {
    return start.plusNanos(nanos);
  }

  @Override
  public synchronized long nanos() {
    return nanos;
  }

  @Override
  public synchronized void after(Duration delay, Runnable task) {
    alarms.add(new Alarm(nanos + delay.toNanos(), task));
  }

  /** Lets this time pass and runs what is due. */
  public synchronized void turn(Duration by) {
    nanos += by.toNanos();
    List<Alarm> due =
        alarms.stream()
            .filter(alarm -> alarm.atNanos() <= nanos)
            .sorted(Comparator.comparingLong(Alarm::atNanos))
            .toList();
    alarms.removeAll(due);
    due.forEach(alarm -> alarm.task().run());
  }

  synchronized int alarmsSet() {
    return alarms.size();
  }
}
