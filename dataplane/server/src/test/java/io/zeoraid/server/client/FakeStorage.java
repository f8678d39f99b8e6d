package io.zeoraid.server.client;

import io.zeoraid.protocol.Followed;
import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.control.RefusedException;
import io.zeoraid.server.control.ServerMeters;
import io.zeoraid.server.control.StorageMeters;
import io.zeoraid.server.transaction.SharedDirectory;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A storage that answers what it is told to, at once or when the test says so. On the event loop,
 * but for what the test looks at.
 */
final class FakeStorage implements StorageFront {
  static final Tid LAST = new Tid(0x100);

  /** What a session has asked and was not answered yet. */
  record Asked(StorageSession session, long request, ClientRequest what) {}

  final BlockingQueue<StorageSession> joined = new LinkedBlockingQueue<>();
  final BlockingQueue<StorageSession> left = new LinkedBlockingQueue<>();
  final BlockingQueue<Asked> unanswered = new LinkedBlockingQueue<>();
  final Map<Long, TransactionBuffer> held = new ConcurrentHashMap<>();
  final StorageMeters meters = new ServerMeters().of("1");

  /** The answer to a request; null if it is to wait. */
  volatile Function<ClientRequest, @Nullable ClientReply> answers = FakeStorage::answer;

  /** What has changed, whatever was read. */
  volatile Map<Oid, Tid> changed = Map.of();

  /** What it tells of itself. */
  volatile Map<String, @Nullable Object> info = Map.of("name", "fake");

  /** Where clients hand over blobs by file name. */
  volatile Optional<SharedDirectory> shared = Optional.empty();

  private final ClientLimits limits;
  private long number;

  FakeStorage(ClientLimits limits) {
    this.limits = limits;
  }

  /** What a storage without objects, in which all goes well, would answer. */
  static ClientReply answer(ClientRequest what) {
    return switch (what) {
      case ClientRequest.Register _ -> new ClientReply.Registered(LAST);
      case ClientRequest.Invalidations _ ->
          new ClientReply.Changed(LAST, List.of(new Oid(1), new Oid(2)));
      case ClientRequest.Ping _ -> new ClientReply.Done();
      case ClientRequest.Load load ->
          new ClientReply.Revision(
              load.oid().equals(Oid.ROOT) ? null : new Loaded(new byte[] {7}, LAST, null));
      case ClientRequest.LoadSerial _ -> new ClientReply.Data(new byte[] {8});
      case ClientRequest.Browse _ -> new ClientReply.Value(List.of("browsed"));
      case ClientRequest.NewOids oids ->
          new ClientReply.Oids(java.util.Collections.nCopies(oids.count(), new Oid(9)));
      case ClientRequest.Pack _ -> new ClientReply.Done();
      case ClientRequest.Vote _ -> new ClientReply.Voted(LAST.next(), List.of());
      case ClientRequest.Finish _ -> new ClientReply.Finished(LAST.next());
      case ClientRequest.Abort _ -> new ClientReply.Done();
      case ClientRequest.Follow _ ->
          new ClientReply.Following(new Followed(7, List.of("a"), LAST, List.of()));
      case ClientRequest.Report _ -> new ClientReply.Done();
    };
  }

  /** From now on requests of this kind wait in {@link #unanswered}. */
  void letWait(Class<? extends ClientRequest> kind) {
    answers = what -> kind.isInstance(what) ? null : answer(what);
  }

  @Override
  public long newNumber() {
    return ++number;
  }

  @Override
  public void joined(StorageSession session) {
    joined.add(session);
  }

  @Override
  public void left(StorageSession session) {
    left.add(session);
  }

  @Override
  public void ask(StorageSession session, long request, ClientRequest what) {
    ClientReply reply = answers.apply(what);
    if (reply == null) {
      unanswered.add(new Asked(session, request, what));
    } else {
      session.answered(request, reply);
    }
  }

  @Override
  public void hold(long id, TransactionBuffer transaction) {
    held.put(id, transaction);
  }

  @Override
  public void release(long id) {
    held.remove(id);
  }

  @Override
  public ClientLimits limits() {
    return limits;
  }

  @Override
  public Map<Oid, Tid> changedSince(Map<Oid, Tid> revisions) {
    return changed;
  }

  @Override
  public Tid lastTid() {
    return LAST;
  }

  @Override
  public Map<String, @Nullable Object> info() {
    return info;
  }

  @Override
  public Map<Object, Object> sizes() {
    return Map.of("length", 3L, "size", 300L);
  }

  @Override
  public boolean takesBlobs() {
    return true;
  }

  @Override
  public Optional<SharedDirectory> sharedDirectory() {
    return shared;
  }

  @Override
  public Map<String, @Nullable Object> serverStatus() {
    return Map.of("loads", 3L);
  }

  @Override
  public RaidStatus status() {
    return new RaidStatus(
        "1",
        RaidState.DEGRADED,
        "b is out",
        true,
        7,
        "zeo-0",
        "zeo-0",
        LAST,
        List.of(
            new BackendStatus(new BackendName("a"), "in-sync", "optimal", true, LAST, null),
            new BackendStatus(new BackendName("b"), "failed", "failed: gone", false, LAST, null)));
  }

  @Override
  public CompletionStage<String> disable(BackendName backend) {
    return CompletableFuture.failedFuture(
        new RefusedException(
            RefusedException.Reason.NOT_IN_THIS_STATE, backend + " is the last one"));
  }

  @Override
  public CompletionStage<String> recover(BackendName backend) {
    return CompletableFuture.completedFuture("recovering " + backend);
  }

  @Override
  public CompletionStage<String> reload() {
    return CompletableFuture.completedFuture("reloaded");
  }

  @Override
  public StorageMeters meters() {
    return meters;
  }
}
