package io.zeoraid.raid;

import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import org.jspecify.annotations.Nullable;

/**
 * A connection from a RAID server to a backend: two directions, each first in, first out. It may
 * break at either end; the other end notices later, or much later, and what was under way may still
 * arrive (F7).
 */
final class Wire {
  private static final long NOTICED_LATE_MILLIS = 15_000;

  final long id;
  final ModelServer server;
  private final RaidProcess process;
  private final Scheduler scheduler;
  private final Fifo toServer;
  private final Fifo toProcess;
  private boolean openHere = true;
  private boolean openThere;
  private boolean registered;
  private boolean closing;

  Wire(Scheduler scheduler, RaidProcess process, long id, ModelServer server, long millis) {
    this.scheduler = scheduler;
    this.process = process;
    this.id = id;
    this.server = server;
    toServer = new Fifo(scheduler, server::busyUntil);
    toProcess = new Fifo(scheduler, () -> 0);
    toServer.send(this::connect);
    scheduler.after(
        millis,
        () -> {
          if (openHere && !registered) {
            breakHere("no connection within " + millis + " ms", true);
          }
        });
  }

  private void connect() {
    if (!server.isUp()) {
      toProcess.send(() -> lostHere("connection refused", false));
      return;
    }
    openThere = true;
    server.accept(this);
  }

  // What the RAID server does.

  void send(long call, Request request) {
    toServer.send(() -> {
      if (openThere) {
        server.receive(this, call, request);
      }
    });
  }

  /** Closes the connection: what was sent before arrives. */
  void close() {
    openHere = false;
    toServer.send(this::lostThere);
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
      toServer.linger(millis);
      toServer.send(this::lostThere);
      toProcess.loseSome();
      toProcess.send(() -> lostHere("connection timed out", false));
    }
  }

  private void hangUp() {
    if (scheduler.chance(0.5)) {
      toServer.loseSome();
    }
    long late =
        scheduler.chance(0.5) ? scheduler.delay() : scheduler.between(0, NOTICED_LATE_MILLIS);
    toServer.sendAfter(late, this::lostThere);
  }

  // What the backend does.

  void registered(Tid lastTid) {
    toProcess.send(
        () -> openHere,
        () -> {
          registered = true;
          process.deliver(new Event.ConnectionOpened(id, lastTid));
        });
  }

  void reply(long call, @Nullable Object value) {
    if (openThere) {
      toProcess.send(
          () -> openHere, () -> process.deliver(new Event.BackendReplied(id, call, value)));
    }
  }

  void fail(long call, RemoteError error) {
    if (openThere) {
      toProcess.send(
          () -> openHere, () -> process.deliver(new Event.BackendFailed(id, call, error)));
    }
  }

  void invalidate(Tid tid) {
    if (openThere) {
      toProcess.send(() -> openHere, () -> process.deliver(new Event.BackendInvalidated(id, tid)));
    }
  }

  /** The backend is killed, or closes the connection. */
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
      server.disconnected(this);
    }
  }

  boolean isOpenHere() {
    return openHere;
  }
}
