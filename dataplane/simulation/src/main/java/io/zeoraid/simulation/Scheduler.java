package io.zeoraid.simulation;

import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Virtual time: one queue of what is due, in the order of time and then of scheduling, and the one
 * source of chance. The same seed gives the same run.
 */
final class Scheduler {
  private record Due(long at, long order, Runnable what) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  final RandomGenerator random;
  private final PriorityQueue<Due> queue = new PriorityQueue<>();
  private final long latencyMillis;
  private long now;
  private long order;

  Scheduler(long seed, long latencyMillis) {
    random = new SplittableRandom(seed);
    this.latencyMillis = latencyMillis;
  }

  /** Milliseconds since the world began. */
  long now() {
    return now;
  }

  void at(long time, Runnable what) {
    queue.add(new Due(Math.max(time, now), order++, what));
  }

  void after(long millis, Runnable what) {
    at(now + millis, what);
  }

  /** How long a message takes. */
  long delay() {
    return (long) (-Math.log(1 - random.nextDouble()) * latencyMillis);
  }

  /** True with this probability. */
  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  /** From {@code low}, inclusive, to {@code high}, exclusive. */
  long between(long low, long high) {
    return random.nextLong(low, high);
  }

  /** Runs everything that is due until this time, and makes it now. */
  void runUntil(long time) {
    for (Due next = queue.peek(); next != null && next.at() <= time; next = queue.peek()) {
      queue.remove();
      now = next.at();
      next.what().run();
    }
    now = Math.max(now, time);
  }
}
