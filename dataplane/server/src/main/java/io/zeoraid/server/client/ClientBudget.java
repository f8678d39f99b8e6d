package io.zeoraid.server.client;

/**
 * How much of this server clients may take up.
 *
 * @param maxCalls a client that waits for this many answers is not read from until it got some
 * @param maxCallBytes a longer call that stores nothing ends the connection
 * @param totalBytes all clients together make the server hold no more than this
 * @param handshakeMillis a connection that has not registered by then is closed
 */
public record ClientBudget(int maxCalls, int maxCallBytes, long totalBytes, long handshakeMillis) {

  /** What {@code docs/configuration.md} promises, with 256 MiB for all clients together. */
  public static final ClientBudget DEFAULT = new ClientBudget(2000, 256 << 10, 256L << 20, 10_000);
}
