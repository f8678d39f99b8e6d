package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.Heartbeat;
import io.zeoraid.raid.membership.Stored;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What happened outside the core. Numbers that name connections, calls, timers and requests to the
 * store were chosen by the core.
 */
public sealed interface Event {

  /** The process has started. */
  record Start() implements Event {}

  /**
   * This server is going to stop: another one is to be primary, if there is another. It goes on as
   * a secondary.
   */
  record Retire() implements Event {}

  /** This server stops now: answered with {@link Effect.Left} when nobody waits for it any more. */
  record Leave() implements Event {}

  /** A timer that the core set has run out. */
  record TimerFired(long timer) implements Event {}

  // The membership store.

  /** What the store held when it was asked; empty if there is no record yet. */
  record RecordRead(long request, Optional<Stored> stored) implements Event {}

  /** The store could not be read. */
  record RecordUnreadable(long request, String why) implements Event {}

  /** The compare-and-set was carried out; this is the record now. */
  record RecordWritten(long request, Stored stored) implements Event {}

  /** The compare-and-set was refused, because the record is another one now. */
  record RecordRefused(long request, Stored current) implements Event {}

  /** Nobody knows whether the compare-and-set was carried out, or will be. */
  record RecordUnanswered(long request, String why) implements Event {}

  /** Somebody wrote this record. Tells perhaps late, and perhaps not of each. */
  record RecordWatched(Stored stored) implements Event {}

  /** The heartbeat of a primary, as it was when it was asked for. */
  record HeartbeatRead(long request, Heartbeat heartbeat) implements Event {}

  /** The heartbeat could not be read. */
  record HeartbeatUnreadable(long request, String why) implements Event {}

  // Connections to backends and to the primary.

  /**
   * The connection stands. One to a backend is registered with its storage, whose last tid was this
   * one.
   */
  record ConnectionOpened(long connection, Tid lastTid) implements Event {}

  /**
   * The connection could not be opened, broke, or was given up. Its calls get no answer.
   *
   * @param hung whether the backend left it unanswered for the whole time-out, rather than refusing
   *     or breaking it
   */
  record ConnectionLost(long connection, String why, boolean hung) implements Event {}

  /**
   * The backend answered a call with this plain value; {@link Effect.DigestBlob} with a {@link
   * BlobPrint}.
   */
  record BackendReplied(long connection, long call, @Nullable Object value) implements Event {}

  /** The backend answered a call with an exception. */
  record BackendFailed(long connection, long call, RemoteError error) implements Event {}

  /** The backend announced a transaction of another connection. */
  record BackendInvalidated(long connection, Tid tid) implements Event {}

  /**
   * The primary, on the connection by which this server follows it: these backends are in sync from
   * here on.
   *
   * @param trouble why nothing can be committed now; empty if it can
   */
  record PrimaryView(long connection, long epoch, List<String> inSync, String trouble)
      implements Event {}

  /** The primary, on the same connection: this transaction is committed. */
  record PrimaryCommitted(long connection, Tid tid, List<Oid> oids) implements Event {}

  // Clients and administrators.

  /**
   * A client, named by its session, wants something; it is answered with {@link
   * Effect.AnswerClient}.
   */
  record ClientAsked(long session, long request, ClientRequest what) implements Event {}

  /** The client's connection is gone. Nothing is to be sent to it any more. */
  record ClientLeft(long session) implements Event {}

  /**
   * An administrator or the operator wishes something; answered with {@link Effect.AnswerAdmin}.
   */
  record AdminAsked(long request, AdminRequest what) implements Event {}
}
