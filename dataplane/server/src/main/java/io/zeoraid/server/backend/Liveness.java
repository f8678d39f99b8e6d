package io.zeoraid.server.backend;

/**
 * Tells a hung backend from a slow one. A backend that owes an answer and gives no sign of life for
 * the whole time-out is hung. A sign of life is each answer, and whatever it takes in of what we
 * send. One that is merely slow, say because somebody else holds its commit lock, answers the pings
 * that are sent meanwhile. Pure; times in nanoseconds.
 */
final class Liveness {
  private static final long NANOS = 1_000_000;

  /**
   * A stock server is deaf while it votes; so much of a transaction it gets through in a
   * millisecond at least.
   */
  private static final long BYTES_PER_MILLI = 20_000;

  private final long timeout;
  private final long pingAfter;
  private long lastSign;
  private long pinged;
  private boolean pingUnderway;
  private boolean owes;

  Liveness(long timeoutMillis, long pingMillis, long now) {
    timeout = timeoutMillis * NANOS;
    pingAfter = Math.min(pingMillis, Math.max(1, timeoutMillis / 3)) * NANOS;
    lastSign = now;
    pinged = now;
  }

  /** The backend gave a sign of life. */
  void sign(long now) {
    lastSign = now;
  }

  void pingAnswered() {
    pingUnderway = false;
  }

  void pingSent(long now) {
    pingUnderway = true;
    pinged = now;
    owes(now);
  }

  /** A call was sent: the backend owes an answer from now on, if it didn't before. */
  void owes(long now) {
    if (!owes) {
      owes = true;
      lastSign = Math.max(lastSign, now);
    }
  }

  /** It owes nothing any more. */
  void settled() {
    owes = false;
  }

  boolean wantsPing(long now) {
    return !pingUnderway && now - Math.max(lastSign, pinged) >= pingAfter;
  }

  /** Whether a ping is due although it gives signs of life: to give it one. */
  boolean owesPing(long now) {
    return !pingUnderway && now - pinged >= pingAfter;
  }

  /**
   * Whether it is hung.
   *
   * @param votingBytes the size of the transaction that it votes on just now
   */
  boolean isHung(long now, long votingBytes) {
    return owes && now - lastSign >= timeout + votingBytes / BYTES_PER_MILLI * NANOS;
  }
}
