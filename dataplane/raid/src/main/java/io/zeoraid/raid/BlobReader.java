package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads the blobs of one backend for {@link Verify}, one at a time, on the connection by which its
 * history is read. The shell digests a blob as it comes, so its length does not matter.
 */
final class BlobReader {
  /**
   * How a server without a blob-dir answers: {@code FileStorage.loadBlob} raises TypeError ("Blobs
   * are not supported"); another storage has no such method.
   */
  private static final Set<String> NOT_KEPT =
      Set.of("builtins.TypeError", "builtins.AttributeError", "ZODB.POSException.Unsupported");

  private final Raid raid;
  private final Link link;
  private final Consumer<String> broken;

  /**
   * @param broken is told, instead of what was found, why a blob can't be read
   */
  BlobReader(Raid raid, Link link, Consumer<String> broken) {
    this.raid = raid;
    this.link = link;
    this.broken = broken;
  }

  /** Reads the blob of this record. */
  void read(DataRecord record, Consumer<FoundBlob> found) {
    Oid oid = record.oid();
    Tid tid = record.tid();
    raid.links.digestBlob(
        link,
        new Request.SendBlob(oid, tid),
        answer -> {
          switch (answer) {
            case Answer.Value(BlobPrint print) -> found.accept(new FoundBlob.File(print));
            case Answer.Value value ->
                throw new IllegalStateException("the shell digested no blob: " + value);
            case Answer.Failed(RemoteError error) when Errors.isPosKeyError(error) ->
                lacking(oid, tid, found);
            case Answer.Failed(RemoteError error) when NOT_KEPT.contains(error.type()) ->
                found.accept(new FoundBlob.NotKept());
            case Answer.Failed(RemoteError error) -> broken(oid, tid, Errors.describe(error));
            case Answer.Lost lost -> broken(oid, tid, lost.why());
          }
        });
  }

  /**
   * The history was opened before: what a pack has removed meanwhile is still in it. The pack puts
   * the packed log in place before it removes files.
   */
  private void lacking(Oid oid, Tid tid, Consumer<FoundBlob> found) {
    raid.links.call(
        link,
        new Request.LoadSerial(oid, tid),
        answer -> {
          switch (answer) {
            case Answer.Value value -> found.accept(new FoundBlob.NoFile());
            case Answer.Failed(RemoteError error) when Errors.isPosKeyError(error) ->
                found.accept(new FoundBlob.Packed());
            case Answer.Failed(RemoteError error) -> broken(oid, tid, Errors.describe(error));
            case Answer.Lost lost -> broken(oid, tid, lost.why());
          }
        });
  }

  private void broken(Oid oid, Tid tid, String why) {
    broken.accept("the blob of object " + oid + " in transaction " + tid + ": " + why);
  }
}
