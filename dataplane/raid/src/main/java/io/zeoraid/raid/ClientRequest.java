package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;

/**
 * What a client may ask of the RAID. A client has at most one transaction at a time; the shell sees
 * to that.
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

  record NewOids(int count) implements ClientRequest {}

  record Vote(Transaction transaction) implements ClientRequest {}

  record Finish() implements ClientRequest {}

  record Abort() implements ClientRequest {}
}
