package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;

/**
 * What a client may ask of the RAID. A ZEO client has at most one transaction at a time; the shell
 * sees to that.
 */
public sealed interface ClientRequest {

  /** Joins the broadcast; answered with the last tid. */
  record Register() implements ClientRequest {}

  /** What changed after this tid. */
  record Invalidations(Tid since) implements ClientRequest {}

  /** Answered when everything committed before has been announced. */
  record Ping() implements ClientRequest {}

  record Load(Oid oid, Tid before) implements ClientRequest {}

  record LoadSerial(Oid oid, Tid serial) implements ClientRequest {}

  /**
   * Lists or walks through what was committed; answered with {@link ClientReply.Value}.
   *
   * @param what {@code history}, {@code undoLog}, {@code undoInfo}, {@code record_iternext}, {@code
   *     sendBlob}, or one of the methods of iterators
   */
  record Browse(Request what) implements ClientRequest {}

  record NewOids(int count) implements ClientRequest {}

  /**
   * @param again whether it was accepted under the former primary, as only another server can say
   */
  record Vote(Transaction transaction, boolean again) implements ClientRequest {

    /** The first vote on a transaction. */
    public Vote(Transaction transaction) {
      this(transaction, false);
    }
  }

  /**
   * @param transaction the id of the transaction that was voted on
   */
  record Finish(long transaction) implements ClientRequest {}

  /**
   * @param transaction the id of the transaction that is given up
   */
  record Abort(long transaction) implements ClientRequest {}

  /**
   * Packs one backend after another; answered with {@link ClientReply.Done}.
   *
   * @param secondsSince1970 revisions that were not current then may go
   */
  record Pack(double secondsSince1970) implements ClientRequest {}

  /**
   * Another ZEORaid server follows this one, from here to the end of its session, and may have any
   * number of transactions at a time.
   *
   * @param primary the id of the server that it means
   * @param follower its own id
   * @param announced what it has announced so far
   */
  record Follow(String primary, String follower, Tid announced) implements ClientRequest {}

  /** A server that follows saw a backend that lacks what was announced. Not answered. */
  record Report(BackendName backend) implements ClientRequest {}
}
