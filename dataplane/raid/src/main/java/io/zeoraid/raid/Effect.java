package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.status.RaidStatus;
import java.util.List;
import java.util.Optional;

/**
 * What the core wants done. The shell carries effects out in order; what it learns comes back as an
 * {@link Event}.
 */
public sealed interface Effect {

  /** Fire the timer after this time, unless it is cancelled. */
  record StartTimer(long timer, long millis) implements Effect {}

  record CancelTimer(long timer) implements Effect {}

  // The membership store.

  /** Read the record: linearizable, not from a watch's cache. */
  record ReadRecord(long request) implements Effect {}

  /** Replace the record if its version is still this one; empty if there must be none yet. */
  record WriteRecord(long request, Optional<String> version, MembershipRecord record)
      implements Effect {}

  /** Show that this server, the primary, is alive. Not answered. */
  record Beat() implements Effect {}

  /** This server is not primary any more: no more beats. */
  record EndBeats() implements Effect {}

  /** Read the heartbeat. */
  record ReadHeartbeat(long request) implements Effect {}

  // Connections to backends and to the primary.

  /**
   * Open a connection to the backend: handshake and register.
   *
   * @param millis give up after this time
   */
  record OpenConnection(long connection, BackendName backend, long millis) implements Effect {}

  /**
   * Open a connection to another ZEORaid server: handshake only. On it come {@link
   * Event.PrimaryView} and {@link Event.PrimaryCommitted} once it was asked to be followed.
   *
   * @param millis give up after this time
   */
  record OpenPeer(long connection, String address, long millis) implements Effect {}

  /** Close the connection; nothing more is heard of it. */
  record CloseConnection(long connection) implements Effect {}

  /** Send the request. Synchronous ones are answered under this call number. */
  record CallBackend(long connection, long call, Request request) implements Effect {}

  /**
   * Send {@code tpc_begin} with this tid, the transaction's stores, {@code vote} and, right behind
   * it, {@code lastTransaction}.
   *
   * @param voteCall the vote is answered under this number
   * @param lastCall the last tid is answered under this number
   */
  record SendTransaction(
      long connection, long voteCall, long lastCall, Transaction transaction, Tid tid)
      implements Effect {}

  /**
   * Send a transaction to the primary, by the connection on which this server follows it: {@code
   * tpc_begin}, its stores, {@code raid_vote}.
   *
   * @param voteCall the vote is answered under this number
   * @param again whether it was accepted under the former primary
   */
  record PassOn(long connection, long voteCall, Transaction transaction, boolean again)
      implements Effect {}

  /**
   * Send {@code sendBlob}, and pass what comes on to the client as it comes. If the same request of
   * the client was served by another connection before, the client gets only what it has not got
   * yet.
   *
   * @param call answered under this number, when all of the blob is on its way
   * @param session the client's
   * @param request the client's request
   */
  record PassBlob(long connection, long call, long session, long request, Request.SendBlob blob)
      implements Effect {}

  /**
   * Send {@code sendBlob}, and store what comes by another connection as it comes.
   *
   * @param call answered under this number, when all of the blob is on its way
   * @param to the other connection, on which a transaction is open
   * @param end with the record that the blob belongs to there
   * @param bytesPerSecond not faster than this; 0: no limit
   */
  record CopyBlob(
      long connection,
      long call,
      Request.SendBlob blob,
      long to,
      Request.StoreBlobEnd end,
      long bytesPerSecond)
      implements Effect {}

  /**
   * Send {@code sendBlob}, and digest what comes as it comes; nothing is kept.
   *
   * @param call answered under this number, with a {@link BlobPrint} instead of the plain value
   * @param bytesPerSecond not faster than this; 0: no limit
   */
  record DigestBlob(long connection, long call, Request.SendBlob blob, long bytesPerSecond)
      implements Effect {}

  // Clients, other servers, administrators.

  record AnswerClient(long session, long request, ClientReply reply) implements Effect {}

  /**
   * Tell all registered clients but the committer of a transaction.
   *
   * @param committer the session that committed it; 0 if none of ours
   */
  record Announce(Tid tid, List<Oid> oids, long committer) implements Effect {}

  /**
   * Tell a server that follows, by its session, that these backends are in sync from here on.
   *
   * @param trouble why nothing can be committed now; empty if it can
   */
  record TellView(long session, long epoch, List<String> inSync, String trouble)
      implements Effect {}

  /** Tell a server that follows, by its session, that this transaction is committed. */
  record TellCommitted(long session, Tid tid, List<Oid> oids) implements Effect {}

  /** Whatever was waited for before this server may stop has happened. */
  record Left() implements Effect {}

  /**
   * Close the client's connection: the outcome of what it asked is unknown, or it took too long.
   */
  record DropClient(long session, String why) implements Effect {}

  /** Close all clients' connections. */
  record DropAllClients(String why) implements Effect {}

  /**
   * @param done whether the wish is granted
   * @param text a sentence for people
   */
  record AnswerAdmin(long request, boolean done, String text) implements Effect {}

  /** How far a wish is; zero or more of them before it is answered. */
  record TellAdmin(long request, String text) implements Effect {}

  // People.

  /** A line for the log. */
  record Note(Level level, String text) implements Effect {
    /** How loud. */
    public enum Level {
      DEBUG,
      INFO,
      WARN,
      ERROR
    }
  }

  /** The status changed. */
  record StatusChanged(RaidStatus status) implements Effect {}

  /** For the meters: what became of a transaction. */
  record Counted(Outcome outcome) implements Effect {
    /** What is counted. */
    public enum Outcome {
      COMMIT,
      ABORT,
      CONFLICT
    }
  }
}
