package io.zeoraid.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * One direction of a connection: what is sent arrives in its order, each piece after a delay of its
 * own. A receiver that hangs takes it in afterwards.
 */
final class Fifo {
  private record Sent(long arrives, Runnable what) {}

  private final Scheduler scheduler;
  private final LongSupplier busyUntil;
  private final Deque<Sent> underway = new ArrayDeque<>();
  private long lastArrival;

  /**
   * @param busyUntil the time until which the receiver takes in nothing
   */
  Fifo(Scheduler scheduler, LongSupplier busyUntil) {
    this.scheduler = scheduler;
    this.busyUntil = busyUntil;
  }

  void send(Runnable arrival) {
    sendAfter(scheduler.delay(), arrival);
  }

  void sendAfter(long millis, Runnable arrival) {
    lastArrival = Math.max(lastArrival, scheduler.now() + millis);
    underway.add(new Sent(lastArrival, arrival));
    scheduler.at(lastArrival, this::arrive);
  }

  /** Sends only if something holds when it arrives. */
  void send(BooleanSupplier stillWanted, Runnable arrival) {
    send(() -> {
      if (stillWanted.getAsBoolean()) {
        arrival.run();
      }
    });
  }

  /** A break of the line: of what is under way, a random rest never arrives. */
  void loseSome() {
    int survives = (int) scheduler.between(0, underway.size() + 1L);
    int lost = underway.size() - survives;
    for (int i = 0; i < lost; i++) {
      underway.removeLast();
    }
  }

  /** What is under way lingers: it arrives this much later, or after that. */
  void linger(long millis) {
    List<Sent> delayed = List.copyOf(underway);
    underway.clear();
    long earliest = scheduler.now() + millis;
    for (Sent sent : delayed) {
      underway.add(new Sent(Math.max(sent.arrives(), earliest), sent.what()));
      scheduler.at(Math.max(sent.arrives(), earliest), this::arrive);
    }
    lastArrival = Math.max(lastArrival, earliest);
  }

  private void arrive() {
    long free = busyUntil.getAsLong();
    if (free > scheduler.now()) {
      scheduler.at(free, this::arrive);
      return;
    }
    Sent next = underway.peek();
    if (next != null && next.arrives() <= scheduler.now()) {
      underway.remove();
      next.what().run();
    }
  }
}
