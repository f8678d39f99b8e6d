package io.zeoraid.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a ZEO client asks of a server. Each record is one method of {@code
 * ZEO.StorageServer.ZEOStorage}; {@link #method()} is its name on the wire, the components are its
 * arguments in their order.
 *
 * <p>A {@code transaction} is the id that the client gave its transaction in {@link TpcBegin}: a
 * number that the server only compares.
 */
public sealed interface Request {

  /** The name of the method on the wire. */
  String method();

  /** Whether the method is sent without waiting for a reply. */
  default boolean isAsync() {
    return false;
  }

  /** Selects the storage; the first call of a connection. Answered with the last tid. */
  record Register(String storage, boolean readOnly) implements Request {
    @Override
    public String method() {
      return "register";
    }
  }

  record GetInfo() implements Request {
    @Override
    public String method() {
      return "get_info";
    }
  }

  record LastTransaction() implements Request {
    @Override
    public String method() {
      return "lastTransaction";
    }
  }

  record Ping() implements Request {
    @Override
    public String method() {
      return "ping";
    }
  }

  record SetClientLabel(String label) implements Request {
    @Override
    public String method() {
      return "set_client_label";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  record GetInvalidations(Tid since) implements Request {
    @Override
    public String method() {
      return "getInvalidations";
    }
  }

  record LoadBefore(Oid oid, Tid before) implements Request {
    @Override
    public String method() {
      return "loadBefore";
    }
  }

  record LoadSerial(Oid oid, Tid serial) implements Request {
    @Override
    public String method() {
      return "loadSerial";
    }
  }

  record GetTid(Oid oid) implements Request {
    @Override
    public String method() {
      return "getTid";
    }
  }

  record History(Oid oid, int size) implements Request {
    @Override
    public String method() {
      return "history";
    }
  }

  /** Asks for new oids; a server gives at most 100. */
  record NewOids(int count) implements Request {
    @Override
    public String method() {
      return "new_oids";
    }
  }

  /**
   * Removes what only transactions before a time need.
   *
   * @param time seconds since 1970
   * @param await whether the reply comes only when all is done, which may take hours
   */
  record Pack(double time, boolean await) implements Request {
    @Override
    public String method() {
      return "pack";
    }
  }

  record UndoLog(long first, long last) implements Request {
    @Override
    public String method() {
      return "undoLog";
    }
  }

  /**
   * Lists undoable transactions that match.
   *
   * @param first how many of the newest to leave out
   * @param last where to stop, counted like {@code first}, or minus how many to list
   * @param specification a mapping or null, as plain data; may hold a {@link Prefix}
   */
  record UndoInfo(long first, long last, @Nullable Object specification) implements Request {
    @Override
    public String method() {
      return "undoInfo";
    }
  }

  record RecordIternext(@Nullable Oid next) implements Request {
    @Override
    public String method() {
      return "record_iternext";
    }
  }

  record IteratorStart(@Nullable Tid start, @Nullable Tid stop) implements Request {
    @Override
    public String method() {
      return "iterator_start";
    }
  }

  record IteratorNext(long iterator) implements Request {
    @Override
    public String method() {
      return "iterator_next";
    }
  }

  record IteratorRecordStart(long iterator, Tid tid) implements Request {
    @Override
    public String method() {
      return "iterator_record_start";
    }
  }

  record IteratorRecordNext(long iterator) implements Request {
    @Override
    public String method() {
      return "iterator_record_next";
    }
  }

  record IteratorGc(List<Long> iterators) implements Request {
    @Override
    public String method() {
      return "iterator_gc";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  /**
   * Begins a transaction.
   *
   * @param transaction the client's number for it
   * @param user as the client sent it: text or bytes
   * @param description as the client sent it: text or bytes
   * @param extension as the client sent it: bytes or a mapping of plain data
   * @param tid the tid to commit it with, or null if the server is to choose
   * @param status one character; a blank for an ordinary transaction
   */
  record TpcBegin(
      Object transaction,
      @Nullable Object user,
      @Nullable Object description,
      @Nullable Object extension,
      @Nullable Tid tid,
      String status)
      implements Request {
    @Override
    public String method() {
      return "tpc_begin";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  /** Stores a revision. {@code data} is not copied: nobody changes it. */
  record Store(Oid oid, Tid serial, byte[] data, Object transaction) implements Request {
    @Override
    public String method() {
      return "storea";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  record CheckCurrentSerial(Oid oid, Tid serial, Object transaction) implements Request {
    @Override
    public String method() {
      return "checkCurrentSerialInTransaction";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  /**
   * Writes a revision with its original tid.
   *
   * @param data null for a deleted object
   * @param previous the transaction whose data this one shares (a back-pointer), or null
   */
  record Restore(
      Oid oid, Tid serial, byte @Nullable [] data, @Nullable Tid previous, Object transaction)
      implements Request {
    @Override
    public String method() {
      return "restorea";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  record DeleteObject(Oid oid, Tid serial, Object transaction) implements Request {
    @Override
    public String method() {
      return "deleteObject";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  /**
   * Undoes a transaction within this one.
   *
   * @param undone the base64 id that {@code undoLog} gave
   */
  record Undo(byte[] undone, Object transaction) implements Request {
    @Override
    public String method() {
      return "undoa";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  record StoreBlobStart() implements Request {
    @Override
    public String method() {
      return "storeBlobStart";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  record StoreBlobChunk(byte[] chunk) implements Request {
    @Override
    public String method() {
      return "storeBlobChunk";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  record StoreBlobEnd(Oid oid, Tid serial, byte[] data, Object transaction) implements Request {
    @Override
    public String method() {
      return "storeBlobEnd";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  record StoreBlobShared(Oid oid, Tid serial, byte[] data, String filename, Object transaction)
      implements Request {
    @Override
    public String method() {
      return "storeBlobShared";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  record SendBlob(Oid oid, Tid serial) implements Request {
    @Override
    public String method() {
      return "sendBlob";
    }
  }

  record Vote(Object transaction) implements Request {
    @Override
    public String method() {
      return "vote";
    }
  }

  record TpcFinish(Object transaction) implements Request {
    @Override
    public String method() {
      return "tpc_finish";
    }
  }

  record TpcAbort(Object transaction) implements Request {
    @Override
    public String method() {
      return "tpc_abort";
    }
  }

  record ServerStatus() implements Request {
    @Override
    public String method() {
      return "server_status";
    }
  }

  /** {@code raid_status}: a word of gocept.zeoraid's extended storage API. */
  record RaidStatus() implements Request {
    @Override
    public String method() {
      return "raid_status";
    }
  }

  record RaidDetails() implements Request {
    @Override
    public String method() {
      return "raid_details";
    }
  }

  record RaidDisable(String backend) implements Request {
    @Override
    public String method() {
      return "raid_disable";
    }
  }

  record RaidRecover(String backend) implements Request {
    @Override
    public String method() {
      return "raid_recover";
    }
  }

  /**
   * The first call of another ZEORaid server, in the place of {@link Register}: it follows the
   * primary from here on ("Following" in {@code docs/replication.md}). Answered with {@link
   * Followed}.
   *
   * @param primary the id of the primary that is meant
   * @param follower the id of the server that follows
   * @param announced what it has announced so far
   */
  record RaidFollow(String storage, String primary, String follower, Tid announced)
      implements Request {
    @Override
    public String method() {
      return "raid_follow";
    }
  }

  /**
   * As {@link Vote}, from a server that follows: answered with tid and resolved oids.
   *
   * @param again whether it was accepted under the former primary
   */
  record RaidVote(Object transaction, boolean again) implements Request {
    @Override
    public String method() {
      return "raid_vote";
    }
  }

  /** A server that follows saw a backend that lacks what was announced. */
  record RaidReport(String backend) implements Request {
    @Override
    public String method() {
      return "raid_report";
    }

    @Override
    public boolean isAsync() {
      return true;
    }
  }

  /** Packs one backend after another; answered when that is done, with a sentence. */
  record RaidPack(double time) implements Request {
    @Override
    public String method() {
      return "raid_pack";
    }
  }

  record RaidReload() implements Request {
    @Override
    public String method() {
      return "raid_reload";
    }
  }

  /**
   * A call with arguments at which a stock server raises an error, and stays connected.
   *
   * @param error what it raises
   */
  record Refused(String method, RemoteError error) implements Request {}

  /** A method that ZEO 5 does not have; a stock server closes the connection. */
  record Unknown(String method) implements Request {}
}
