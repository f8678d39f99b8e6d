package io.zeoraid.simulation;

import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.Event;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection from a RAID server to a backend or to another RAID server: two directions, each
 * first in, first out. It may break at either end; the other end notices later, or much later, and
 * what was under way may still arrive (F7).
 */
final class Wire {
  private static final long NOTICED_LATE_MILLIS = 15_000;

  /** Where a wire leads to. */
  interface FarEnd {
    String name();

    boolean isUp();

    /** The time until which it takes in nothing. */
    long busyUntil();

    void accept(Wire wire);

    void disconnected(Wire wire);
  }

  final long id;
  final RaidProcess process;
  final FarEnd farEnd;
  private final Scheduler scheduler;
  private final Fifo toFarEnd;
  private final Fifo toProcess;
  private boolean openHere = true;
  private boolean openThere;
  private boolean registered;
  private boolean closing;

  Wire(World world, RaidProcess process, long id, FarEnd farEnd, long millis) {
    this.scheduler = world.scheduler;
    this.process = process;
    this.id = id;
    this.farEnd = farEnd;
    toFarEnd = new Fifo(scheduler, farEnd::busyUntil);
    toProcess = new Fifo(scheduler, () -> 0);
    if (!world.network().isCut(process.slot, farEnd.name())) {
      toFarEnd.send(this::connect);
    }
    scheduler.after(
        millis,
        () -> {
          if (openHere && !registered) {
            breakHere("no connection within " + millis + " ms", true);
          }
        });
  }

  private void connect() {
    if (!farEnd.isUp()) {
      toProcess.send(() -> lostHere("connection refused", false));
      return;
    }
    openThere = true;
    farEnd.accept(this);
  }

  // What the RAID server does.

  /** Sends something; it is taken in at the far end, if the connection still stands there. */
  void send(Consumer<Wire> takenIn) {
    toFarEnd.send(() -> {
      if (openThere) {
        takenIn.accept(this);
      }
    });
  }

  /** Closes the connection: what was sent before arrives. */
  void close() {
    openHere = false;
    toFarEnd.send(this::lostThere);
  }

  /** The RAID server's process dies, or gives the connection up; some of what it sent is lost. */
  void breakHere(String why, boolean hung) {
    if (!closing) {
      closing = true;
      hangUp();
      lostHere(why, hung);
    }
  }

  /** The network breaks the connection. */
  void cut() {
    if (!closing) {
      closing = true;
      hangUp();
      toProcess.loseSome();
      toProcess.send(() -> lostHere("connection reset", false));
    }
  }

  /** The network breaks the connection, and delivers what is under way only after this time. */
  void cutLeaving(long millis) {
    if (!closing) {
      closing = true;
      toFarEnd.linger(millis);
      toFarEnd.send(this::lostThere);
      toProcess.loseSome();
      toProcess.send(() -> lostHere("connection timed out", false));
    }
  }

  /**
   * The network breaks the connection and tells this end alone, as a firewall that rejects does:
   * the far end keeps it, and the lock that it may hold by it, until this time has passed.
   */
  void leaveHalfOpen(long millis) {
    if (!closing) {
      closing = true;
      toFarEnd.loseSome();
      toFarEnd.sendAfter(millis, this::lostThere);
      toProcess.send(() -> lostHere("connection reset", false));
    }
  }

  private void hangUp() {
    if (scheduler.chance(0.5)) {
      toFarEnd.loseSome();
    }
    long late =
        scheduler.chance(0.5) ? scheduler.delay() : scheduler.between(0, NOTICED_LATE_MILLIS);
    toFarEnd.sendAfter(late, this::lostThere);
  }

  // What the far end does.

  void registered(Tid lastTid) {
    toProcess.send(
        () -> openHere,
        () -> {
          registered = true;
          process.deliver(new Event.ConnectionOpened(id, lastTid));
        });
  }

  void reply(long call, @Nullable Object value) {
    tell(new Event.BackendReplied(id, call, value));
  }

  void fail(long call, RemoteError error) {
    tell(new Event.BackendFailed(id, call, error));
  }

  void invalidate(Tid tid) {
    tell(new Event.BackendInvalidated(id, tid));
  }

  void tell(Event event) {
    if (openThere) {
      toProcess.send(() -> openHere, () -> process.deliver(event));
    }
  }

  /** The far end is killed, or closes the connection. */
  void closeThere(String why) {
    openThere = false;
    if (scheduler.chance(0.5)) {
      toProcess.loseSome();
    }
    toProcess.send(() -> lostHere(why, false));
  }

  // The ends.

  private void lostHere(String why, boolean hung) {
    if (openHere) {
      openHere = false;
      process.lost(this, why, hung);
    }
  }

  private void lostThere() {
    if (openThere) {
      openThere = false;
      farEnd.disconnected(this);
    }
  }

  boolean isOpenHere() {
    return openHere;
  }
}
