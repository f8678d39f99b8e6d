package io.zeoraid.server.client;

import io.zeoraid.protocol.Call;

/** What a connection does for the one at its other end, once that has said what it wants. */
interface Session {

  /** A call came in. */
  void handle(Call call);

  /** The connection is gone. */
  void left();

  /** Whether it may be disconnected without harm: it waits for nothing. */
  boolean isIdle();

  /** Memory that it makes this server hold, beside messages. */
  default long heldBytes() {
    return 0;
  }

  /** Holds less in memory, without anybody noticing. */
  default void relieve() {}
}
