package io.zeoraid.protocol;

import io.zeoraid.protocol.Request.CheckCurrentSerial;
import io.zeoraid.protocol.Request.DeleteObject;
import io.zeoraid.protocol.Request.GetInfo;
import io.zeoraid.protocol.Request.GetInvalidations;
import io.zeoraid.protocol.Request.GetTid;
import io.zeoraid.protocol.Request.History;
import io.zeoraid.protocol.Request.IteratorGc;
import io.zeoraid.protocol.Request.IteratorNext;
import io.zeoraid.protocol.Request.IteratorRecordNext;
import io.zeoraid.protocol.Request.IteratorRecordStart;
import io.zeoraid.protocol.Request.IteratorStart;
import io.zeoraid.protocol.Request.LastTransaction;
import io.zeoraid.protocol.Request.LoadBefore;
import io.zeoraid.protocol.Request.LoadSerial;
import io.zeoraid.protocol.Request.NewOids;
import io.zeoraid.protocol.Request.Pack;
import io.zeoraid.protocol.Request.Ping;
import io.zeoraid.protocol.Request.RaidDetails;
import io.zeoraid.protocol.Request.RaidDisable;
import io.zeoraid.protocol.Request.RaidFollow;
import io.zeoraid.protocol.Request.RaidPack;
import io.zeoraid.protocol.Request.RaidRecover;
import io.zeoraid.protocol.Request.RaidReload;
import io.zeoraid.protocol.Request.RaidReport;
import io.zeoraid.protocol.Request.RaidStatus;
import io.zeoraid.protocol.Request.RaidVote;
import io.zeoraid.protocol.Request.RecordIternext;
import io.zeoraid.protocol.Request.Refused;
import io.zeoraid.protocol.Request.Register;
import io.zeoraid.protocol.Request.Restore;
import io.zeoraid.protocol.Request.SendBlob;
import io.zeoraid.protocol.Request.ServerStatus;
import io.zeoraid.protocol.Request.SetClientLabel;
import io.zeoraid.protocol.Request.Store;
import io.zeoraid.protocol.Request.StoreBlobChunk;
import io.zeoraid.protocol.Request.StoreBlobEnd;
import io.zeoraid.protocol.Request.StoreBlobShared;
import io.zeoraid.protocol.Request.StoreBlobStart;
import io.zeoraid.protocol.Request.TpcAbort;
import io.zeoraid.protocol.Request.TpcBegin;
import io.zeoraid.protocol.Request.TpcFinish;
import io.zeoraid.protocol.Request.Undo;
import io.zeoraid.protocol.Request.UndoInfo;
import io.zeoraid.protocol.Request.UndoLog;
import io.zeoraid.protocol.Request.Unknown;
import io.zeoraid.protocol.Request.Vote;
import org.jspecify.annotations.Nullable;

/**
 * Requests from and to a method name and its arguments. Which arguments may be left out follows the
 * signatures in {@code ZEO/StorageServer.py}; what is written is what {@code ZEO/ClientStorage.py}
 * writes.
 */
final class Requests {
  /** What {@code new_oids()} without an argument asks for. */
  private static final int DEFAULT_OIDS = 100;

  private static final Object[] NOTHING = {};

  private Requests() {}

  /**
   * The request that these arguments make.
   *
   * @throws ProtocolException if they do not fit the method
   */
  static Request of(String method, @Nullable Object values) {
    return switch (method) {
      case "loadBefore" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new LoadBefore(args.oid(0), args.tid(1));
      }
      case "storea" -> {
        var args = new Arguments(method, values, 4, 4);
        yield new Store(args.oid(0), args.serial(1), args.bytes(2), args.identity(3));
      }
      case "checkCurrentSerialInTransaction" -> {
        var args = new Arguments(method, values, 3, 3);
        yield new CheckCurrentSerial(args.oid(0), args.serial(1), args.identity(2));
      }
      case "restorea" -> {
        var args = new Arguments(method, values, 5, 5);
        yield new Restore(
            args.oid(0), args.tid(1), args.optionalBytes(2), args.optionalTid(3), args.identity(4));
      }
      case "deleteObject" -> {
        var args = new Arguments(method, values, 3, 3);
        yield new DeleteObject(args.oid(0), args.serial(1), args.identity(2));
      }
      case "undoa" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new Undo(args.bytes(0), args.identity(1));
      }
      case "tpc_begin" -> {
        var args = new Arguments(method, values, 4, 6);
        yield new TpcBegin(
            args.identity(0),
            args.any(1),
            args.any(2),
            args.any(3),
            args.optionalTid(4),
            args.status(5));
      }
      case "vote" -> new Vote(new Arguments(method, values, 1, 1).identity(0));
      case "tpc_finish" -> new TpcFinish(new Arguments(method, values, 1, 1).identity(0));
      case "tpc_abort" -> new TpcAbort(new Arguments(method, values, 1, 1).identity(0));
      default -> reading(method, values);
    };
  }

  private static Request reading(String method, @Nullable Object values) {
    return switch (method) {
      case "loadSerial" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new LoadSerial(args.oid(0), args.tid(1));
      }
      case "getTid" -> new GetTid(new Arguments(method, values, 1, 1).oid(0));
      case "history" -> {
        var args = new Arguments(method, values, 1, 2);
        if (args.any(0) == null) {
          yield new Refused(method, Errors.posKeyError(null));
        }
        if (args.has(1) && !args.isNumber(1)) {
          yield new Refused(method, Errors.typeError("the size of a history should be an int"));
        }
        yield new History(args.oid(0), args.has(1) ? args.count(1) : 1);
      }
      case "new_oids" -> {
        var args = new Arguments(method, values, 0, 1);
        yield new NewOids(args.has(0) ? args.count(0) : DEFAULT_OIDS);
      }
      case "undoLog" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new UndoLog(args.number(0), args.number(1));
      }
      case "undoInfo" -> {
        var args = new Arguments(method, values, 3, 3);
        yield new UndoInfo(args.number(0), args.number(1), args.any(2));
      }
      case "record_iternext" ->
          new RecordIternext(new Arguments(method, values, 0, 1).optionalOid(0));
      case "iterator_start" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new IteratorStart(args.optionalTid(0), args.optionalTid(1));
      }
      case "iterator_next" -> new IteratorNext(new Arguments(method, values, 1, 1).number(0));
      case "iterator_record_start" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new IteratorRecordStart(args.number(0), args.tid(1));
      }
      case "iterator_record_next" ->
          new IteratorRecordNext(new Arguments(method, values, 1, 1).number(0));
      case "iterator_gc" -> new IteratorGc(new Arguments(method, values, 1, 1).numbers(0));
      default -> blob(method, values);
    };
  }

  private static Request blob(String method, @Nullable Object values) {
    return switch (method) {
      case "sendBlob" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new SendBlob(args.oid(0), args.tid(1));
      }
      case "storeBlobStart" -> nothing(new StoreBlobStart(), values);
      case "storeBlobChunk" -> new StoreBlobChunk(new Arguments(method, values, 1, 1).bytes(0));
      case "storeBlobEnd" -> {
        var args = new Arguments(method, values, 4, 4);
        yield new StoreBlobEnd(args.oid(0), args.serial(1), args.bytes(2), args.identity(3));
      }
      case "storeBlobShared" -> {
        var args = new Arguments(method, values, 5, 5);
        yield new StoreBlobShared(
            args.oid(0), args.serial(1), args.bytes(2), args.text(3), args.identity(4));
      }
      default -> connection(method, values);
    };
  }

  private static Request connection(String method, @Nullable Object values) {
    return switch (method) {
      case "register" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new Register(args.text(0), args.flag(1));
      }
      case "get_info" -> nothing(new GetInfo(), values);
      case "lastTransaction" -> nothing(new LastTransaction(), values);
      case "ping" -> nothing(new Ping(), values);
      case "server_status" -> nothing(new ServerStatus(), values);
      case "set_client_label" -> new SetClientLabel(new Arguments(method, values, 1, 1).text(0));
      case "getInvalidations" -> new GetInvalidations(new Arguments(method, values, 1, 1).tid(0));
      case "pack" -> {
        var args = new Arguments(method, values, 1, 2);
        yield new Pack(args.seconds(0), !args.has(1) || args.flag(1));
      }
      case "raid_status" -> nothing(new RaidStatus(), values);
      case "raid_details" -> nothing(new RaidDetails(), values);
      case "raid_disable" -> new RaidDisable(new Arguments(method, values, 1, 1).text(0));
      case "raid_recover" -> new RaidRecover(new Arguments(method, values, 1, 1).text(0));
      case "raid_reload" -> nothing(new RaidReload(), values);
      case "raid_pack" -> new RaidPack(new Arguments(method, values, 1, 1).seconds(0));
      default -> peer(method, values);
    };
  }

  /** What only other ZEORaid servers call. */
  private static Request peer(String method, @Nullable Object values) {
    return switch (method) {
      case "raid_follow" -> {
        var args = new Arguments(method, values, 4, 4);
        yield new RaidFollow(args.text(0), args.text(1), args.text(2), args.tid(3));
      }
      case "raid_vote" -> {
        Arguments args = new Arguments(method, values, 2, 2);
        yield new RaidVote(args.identity(0), args.flag(1));
      }
      case "raid_report" -> new RaidReport(new Arguments(method, values, 1, 1).text(0));
      default -> new Unknown(method);
    };
  }

  /** A request without arguments, once it is sure that there are none. */
  private static Request nothing(Request request, @Nullable Object values) {
    new Arguments(request.method(), values, 0, 0);
    return request;
  }

  /** The arguments of the request, in their order; an array stands for a tuple. */
  static Object[] arguments(Request request) {
    return switch (request) {
      case LoadBefore r -> tuple(r.oid(), r.before());
      case Store r -> tuple(r.oid(), r.serial(), r.data(), r.transaction());
      case CheckCurrentSerial r -> tuple(r.oid(), r.serial(), r.transaction());
      case Restore r -> tuple(r.oid(), r.serial(), r.data(), r.previous(), r.transaction());
      case DeleteObject r -> tuple(r.oid(), r.serial(), r.transaction());
      case Undo r -> tuple(r.undone(), r.transaction());
      case TpcBegin r ->
          tuple(r.transaction(), r.user(), r.description(), r.extension(), r.tid(), r.status());
      case Vote r -> tuple(r.transaction());
      case TpcFinish r -> tuple(r.transaction());
      case TpcAbort r -> tuple(r.transaction());
      case LoadSerial r -> tuple(r.oid(), r.serial());
      case GetTid r -> tuple(r.oid());
      case History r -> tuple(r.oid(), r.size());
      case NewOids r -> r.count() == DEFAULT_OIDS ? NOTHING : tuple(r.count());
      case UndoLog r -> tuple(r.first(), r.last());
      case UndoInfo r -> tuple(r.first(), r.last(), r.specification());
      case RecordIternext r -> tuple(r.next());
      case IteratorStart r -> tuple(r.start(), r.stop());
      case IteratorNext r -> tuple(r.iterator());
      case IteratorRecordStart r -> tuple(r.iterator(), r.tid());
      case IteratorRecordNext r -> tuple(r.iterator());
      case IteratorGc r -> tuple(new PyList(r.iterators()));
      case SendBlob r -> tuple(r.oid(), r.serial());
      case StoreBlobStart r -> NOTHING;
      case StoreBlobChunk r -> tuple((Object) r.chunk());
      case StoreBlobEnd r -> tuple(r.oid(), r.serial(), r.data(), r.transaction());
      case StoreBlobShared r -> tuple(r.oid(), r.serial(), r.data(), r.filename(), r.transaction());
      case Register r -> tuple(r.storage(), r.readOnly());
      case GetInfo r -> NOTHING;
      case LastTransaction r -> NOTHING;
      case Ping r -> NOTHING;
      case ServerStatus r -> NOTHING;
      case SetClientLabel r -> tuple(r.label());
      case GetInvalidations r -> tuple(r.since());
      // ClientStorage.pack's own default is the int 1.
      case Pack r -> tuple(r.time(), r.await() ? 1 : 0);
      case RaidStatus r -> NOTHING;
      case RaidDetails r -> NOTHING;
      case RaidDisable r -> tuple(r.backend());
      case RaidRecover r -> tuple(r.backend());
      case RaidReload r -> NOTHING;
      case RaidPack r -> tuple(r.time());
      case RaidFollow r -> tuple(r.storage(), r.primary(), r.follower(), r.announced());
      case RaidVote r -> tuple(r.transaction(), r.again());
      case RaidReport r -> tuple(r.backend());
      case Refused r -> throw new IllegalArgumentException("it is refused anyway: " + r.method());
      case Unknown r ->
          throw new IllegalArgumentException("an unknown method cannot be sent: " + r.method());
    };
  }

  private static Object[] tuple(@Nullable Object... elements) {
    return elements;
  }
}
