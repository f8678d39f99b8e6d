package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A connection to a backend, or to the primary, as the core knows it. */
final class Link {
  /** The life of a connection. */
  enum State {
    OPENING,
    UP,
    CLOSED
  }

  final long id;

  /** Whoever waits for an answer on it is told nothing once this is over. */
  final Scope scope;

  final BackendName backend;
  State state = State.OPENING;

  /**
   * The last tid seen on this connection: from register, an invalidation, lastTransaction, or an
   * own finish.
   */
  Tid seen = Tid.NONE;

  /** Why the connection is closed. */
  String why = "";

  /** It is closed because the other end left it unanswered for the whole time-out. */
  boolean hung;

  /** The calls that wait for an answer, in the order in which they were sent. */
  final Map<Long, Consumer<Answer>> calls = new LinkedHashMap<>();

  /** How many iterators were opened on it: they are numbered per connection (trap 7). */
  long iterators;

  /**
   * The last tid that the backend claims and does not hold (F8); NONE if it holds what it claims.
   */
  Tid phantom = Tid.NONE;

  /** The last tid that it holds, as long as it claims the phantom. */
  Tid truth = Tid.NONE;

  @Nullable Consumer<Link> whenOpened;
  @Nullable Consumer<Answer.Lost> whenLost;

  /** Whether it leads to another ZEORaid server, not to a backend. */
  final boolean isPeer;

  Link(long id, BackendName backend, boolean isPeer, Scope scope) {
    this.id = id;
    this.isPeer = isPeer;
    this.scope = scope;
    this.backend = backend;
  }

  boolean isUp() {
    return state == State.UP;
  }

  void saw(Tid tid) {
    seen = tid;
  }
}
