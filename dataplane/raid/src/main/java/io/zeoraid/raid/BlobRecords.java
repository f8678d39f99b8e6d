package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * R6: the records of blobs in one transaction that is copied. The blob goes from the source to the
 * target as it comes, past the decisions. ZEO can't restore a blob, only store one, under the tid
 * that the transaction was begun with: so the record is stored, not restored, and the target
 * compares its predecessor, which is therefore asked for.
 *
 * <p>A stock server has two records of each blob that a client stored, for a client stores it once
 * without its file, and once with it. Only the last one is stored with its file here, too.
 */
final class BlobRecords {
  private static final byte[] CLASS = "cZODB.blob\nBlob\n".getBytes(StandardCharsets.US_ASCII);
  private static final int WITHIN = 64;

  private final Raid raid;
  private final Scope scope;
  private final Link source;
  private final Link target;
  private final long transaction;
  private final Pace pace;
  private final Consumer<DataRecord> restore;
  private final Consumer<String> broken;

  /** The last record of each object, in their order. */
  private final SequencedMap<Oid, DataRecord> last = new LinkedHashMap<>();

  /**
   * @param pace how fast a file may be copied
   * @param restore copies a record without a file
   * @param broken is told why it did not work out
   */
  BlobRecords(
      Raid raid,
      Scope scope,
      Link source,
      Link target,
      long transaction,
      Pace pace,
      Consumer<DataRecord> restore,
      Consumer<String> broken) {
    this.raid = raid;
    this.scope = scope;
    this.source = source;
    this.target = target;
    this.transaction = transaction;
    this.pace = pace;
    this.restore = restore;
    this.broken = broken;
  }

  /** A blob's record names its class first ({@code ZODB/blob.py}, is_blob_record). */
  static boolean isBlob(DataRecord record) {
    byte[] data = record.data();
    if (data == null) {
      return false;
    }
    int end = Math.min(data.length, WITHIN) - CLASS.length;
    for (int i = 0; i <= end; i++) {
      int j = 0;
      while (j < CLASS.length && data[i + j] == CLASS[j]) {
        j++;
      }
      if (j == CLASS.length) {
        return true;
      }
    }
    return false;
  }

  /** Keeps the record of a blob until all others have been copied. */
  void add(DataRecord record) {
    DataRecord before = last.remove(record.oid());
    if (before != null) {
      restore.accept(before);
    }
    last.put(record.oid(), record);
  }

  /** Another record of an object that was a blob before within this transaction. */
  void superseded(Oid oid) {
    DataRecord before = last.remove(oid);
    if (before != null) {
      restore.accept(before);
    }
  }

  /**
   * Copies the blobs, the last one first, as a stock server stores them ({@code
   * ZEO/StorageServer.py}, _vote), so that they are in the same order in the source and the target.
   */
  void copy(Runnable then) {
    Map.Entry<Oid, DataRecord> entry = last.pollLastEntry();
    if (entry == null) {
      then.run();
      return;
    }
    DataRecord next = entry.getValue();
    predecessor(next.oid(), previous -> copy(next, previous, () -> copy(then)));
  }

  /** The tid of the object's last revision at the target; none if it does not know the object. */
  private void predecessor(Oid oid, Consumer<Tid> then) {
    ask(
        target,
        new Request.GetTid(oid),
        value -> then.accept(Results.tid(value)),
        () -> deletion(oid, then));
  }

  /** An object without a current revision: it is unknown, or it was deleted then. */
  private void deletion(Oid oid, Consumer<Tid> then) {
    ask(
        target,
        new Request.History(oid, 1),
        value -> then.accept(tidOfFirst(value)),
        () -> then.accept(Tid.NONE));
  }

  private static Tid tidOfFirst(@Nullable Object value) {
    if (value instanceof List<?> list
        && !list.isEmpty()
        && list.getFirst() instanceof Map<?, ?> revision) {
      return Results.tid(revision.get("tid"));
    }
    throw new ProtocolException("a history without a revision");
  }

  private void ask(
      Link link, Request request, Consumer<@Nullable Object> then, Runnable whenNotThere) {
    raid.links.call(
        link, request, scope.<Answer>guard(answer -> answered(link, answer, then, whenNotThere)));
  }

  private void answered(
      Link link, Answer answer, Consumer<@Nullable Object> then, Runnable whenNotThere) {
    switch (answer) {
      case Answer.Value(Object value) -> {
        try {
          then.accept(value);
        } catch (ProtocolException e) {
          broken.accept(link.backend + " answered nonsense: " + e.getMessage());
        }
      }
      case Answer.Failed(RemoteError error) when Errors.isPosKeyError(error) -> whenNotThere.run();
      case Answer.Failed(RemoteError error) ->
          broken.accept(link.backend + ": " + Errors.describe(error));
      case Answer.Lost lost -> broken.accept(link.backend + ": " + lost.why());
    }
  }

  private void copy(DataRecord record, Tid previous, Runnable then) {
    byte[] data = record.data();
    if (data == null) {
      throw new IllegalStateException("a blob's record without data");
    }
    raid.links.copyBlob(
        source,
        target,
        new Request.SendBlob(record.oid(), record.tid()),
        new Request.StoreBlobEnd(record.oid(), previous, data, transaction),
        pace.bytesPerSecond(),
        scope.<Answer>guard(answer ->
            answered(
                source,
                answer,
                sent -> taken(then),
                () -> {
                  raid.warn(
                      "recovery of "
                          + target.backend
                          + ": "
                          + source.backend
                          + " has a record of blob "
                          + record.oid()
                          + " of "
                          + record.tid()
                          + ", and no file for it; the copy has none either");
                  restore.accept(record);
                  then.run();
                })));
  }

  /** A ping is answered when all that was sent before has been taken in. */
  private void taken(Runnable then) {
    raid.links.call(
        target,
        new Request.Ping(),
        scope.<Answer>guard(answer -> answered(target, answer, pong -> then.run(), then)));
  }
}
