package io.zeoraid.server.client;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.control.StorageMeters;
import io.zeoraid.server.transaction.SharedDirectory;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One storage, as its clients use it. On the event loop. */
public interface StorageFront {

  /** A number for a session or a transaction; never twice. */
  long newNumber();

  /** A client begins to use the storage. */
  void joined(StorageSession session);

  /** A client is gone; nothing more is sent to it. */
  void left(StorageSession session);

  /** A client wants something of the RAID; it is answered by {@link StorageSession#answered}. */
  void ask(StorageSession session, long request, ClientRequest what);

  /** The decisions may refer to this transaction from now on. */
  void hold(long id, TransactionBuffer transaction);

  /** They don't any more. */
  void release(long id);

  /** How transactions of this storage are buffered, and whether it may be written to. */
  ClientLimits limits();

  /**
   * Which of these objects were changed after these revisions, and when last, as far as that is
   * known.
   */
  Map<Oid, Tid> changedSince(Map<Oid, Tid> revisions);

  /** The last transaction that was announced. */
  Tid lastTid();

  /** {@code get_info}. */
  Map<String, @Nullable Object> info();

  /** What a client is told with each commit of its own: {@code length} and {@code size}. */
  Map<Object, Object> sizes();

  /** Whether all backends take blobs. */
  boolean takesBlobs();

  /** Where clients hand over blobs by file name; empty if they must not. */
  Optional<SharedDirectory> sharedDirectory();

  /** {@code server_status}. */
  Map<String, @Nullable Object> serverStatus();

  RaidStatus status();

  CompletionStage<String> disable(BackendName backend);

  CompletionStage<String> recover(BackendName backend);

  CompletionStage<String> reload();

  StorageMeters meters();
}
