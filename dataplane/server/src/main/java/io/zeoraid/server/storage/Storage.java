package io.zeoraid.server.storage;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.raid.Effect;
import io.zeoraid.raid.Event;
import io.zeoraid.raid.ReplicationCore;
import io.zeoraid.raid.Settings;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.backend.BackendTarget;
import io.zeoraid.server.client.ClientLimits;
import io.zeoraid.server.client.StorageFront;
import io.zeoraid.server.client.StorageSession;
import io.zeoraid.server.control.RefusedException;
import io.zeoraid.server.control.StorageMeters;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.transaction.SharedDirectory;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One storage of this server: the shell around {@link ReplicationCore}. Events go in one after
 * another; the effects are carried out in order. Confined to the event loop, but for what says
 * otherwise.
 */
public final class Storage implements StorageFront {
  private static final Logger LOG = Logger.getLogger(Storage.class);

  private final Loop loop;
  private final Settings settings;
  private final ReplicationCore core;
  private final MembershipCalls membership;
  private final ClientLimits limits;
  private final Optional<SharedDirectory> sharedDirectory;
  private final StorageMeters meters;
  private final Supplier<CompletionStage<String>> reload;

  private final BackendConnections backends;
  private final Sessions sessions;
  private final Map<Long, TransactionBuffer> transactions = new HashMap<>();
  private final Sizes sizes = new Sizes();
  private final BlobsForClients blobs;
  private final Timers timers;
  private final Wishes wishes = new Wishes();
  private final StatusBoard board;
  private final Deque<Event> due = new ArrayDeque<>();
  private final Moments moments = new Moments();
  private final Instant started = Instant.now();

  private final CompletableFuture<Void> left = new CompletableFuture<>();
  private Tid lastTid = Tid.NONE;
  private boolean stepping;
  private boolean stopped;
  private long number;

  public Storage(StorageParts parts) {
    loop = parts.loop();
    settings = parts.settings();
    limits = parts.limits();
    sharedDirectory = parts.sharedDirectory();
    meters = parts.meters();
    reload = parts.reload();
    core = new ReplicationCore(settings, parts.cache());
    board = new StatusBoard(core.status());
    sessions = new Sessions(name());
    membership = new MembershipCalls(loop, parts.store(), settings.server(), this::happened);
    backends =
        new BackendConnections(
            loop,
            parts.targets(),
            parts.peers(),
            this::happened,
            transactions::get,
            sizes,
            this::packed);
    blobs = new BlobsForClients(backends, sessions::tell);
    timers = new Timers(loop, timer -> happened(new Event.TimerFired(timer)));
  }

  /** The storage's name. Any thread. */
  public String name() {
    return settings.storage();
  }

  /** Begins to take office. */
  public void start() {
    membership.watch();
    happened(new Event.Start());
  }

  /** This server is going to stop: another one is to be primary, if there is another. */
  public void retire() {
    happened(new Event.Retire());
  }

  /** This server stops now; the stage ends on the event loop, when it may. */
  public CompletionStage<Void> leave() {
    if (stopped) {
      left.complete(null);
    }
    happened(new Event.Leave());
    return left;
  }

  /** Ends everything; nothing is decided any more. */
  public void stop() {
    stopped = true;
    sessions.dropAll("this server stops");
    backends.closeAll();
    timers.cancelAll();
    wishes.refuseAll("this server stops");
  }

  // Events in, effects out.

  private void happened(Event event) {
    if (stopped) {
      return;
    }
    due.add(event);
    if (stepping) {
      return;
    }
    stepping = true;
    try {
      for (Event next = due.poll(); next != null && !stopped; next = due.poll()) {
        core.step(moments.now(), next, this::carryOut);
      }
    } catch (RuntimeException | Error e) {
      LOG.errorf(
          e,
          "storage %s: a broken invariant; nothing is served any more, so that nothing can be lost",
          name());
      stop();
      board.failed(e);
    } finally {
      stepping = false;
    }
  }

  private void carryOut(Effect effect) {
    switch (effect) {
      case Effect.AnswerClient answer ->
          sessions.with(
              answer.session(), session -> session.answered(answer.request(), answer.reply()));
      case Effect.CallBackend call -> backends.call(call);
      case Effect.SendTransaction send -> backends.send(send);
      case Effect.Announce announce -> {
        lastTid = announce.tid();
        sessions.announce(announce);
      }
      case Effect.OpenConnection opening -> backends.open(opening);
      case Effect.OpenPeer opening -> backends.open(opening);
      case Effect.PassOn pass -> backends.passOn(pass);
      case Effect.PassBlob pass ->
          sessions.with(pass.session(), session -> blobs.pass(pass, session));
      case Effect.CopyBlob copy -> backends.copy(copy);
      case Effect.DigestBlob digest -> backends.digest(digest);
      case Effect.TellView tell ->
          sessions.tell(
              tell.session(),
              new ServerMessage.RaidView(tell.epoch(), tell.inSync(), tell.trouble()));
      case Effect.TellCommitted tell -> {
        // Its client's tpc_finish is answered as soon as it knows of the transaction.
        sessions.tell(tell.session(), new ServerMessage.Info(sizes.latest()));
        sessions.tell(
            tell.session(), new ServerMessage.InvalidateTransaction(tell.tid(), tell.oids()));
      }
      case Effect.Beat beat -> membership.beat();
      case Effect.EndBeats end -> membership.endBeats();
      case Effect.ReadHeartbeat read -> membership.readHeartbeat(read.request());
      case Effect.Left gone -> left.complete(null);
      case Effect.CloseConnection closing -> backends.close(closing);
      case Effect.StartTimer timer -> timers.start(timer.timer(), timer.millis());
      case Effect.CancelTimer timer -> timers.cancel(timer.timer());
      case Effect.ReadRecord read -> membership.readRecord(read.request());
      case Effect.WriteRecord write -> membership.writeRecord(write);
      case Effect.DropClient drop ->
          sessions.with(drop.session(), session -> session.drop(drop.why()));
      case Effect.DropAllClients drop -> sessions.dropAll(drop.why());
      case Effect.AnswerAdmin answer -> wishes.answer(answer);
      case Effect.TellAdmin tell -> wishes.tell(tell);
      case Effect.Note note -> log(note);
      case Effect.StatusChanged changed -> {
        sizes.changed(changed.status());
        board.changed(changed.status());
      }
      case Effect.Counted counted -> {
        switch (counted.outcome()) {
          case COMMIT -> {}
          case ABORT -> meters.aborted();
          case CONFLICT -> meters.conflicted();
        }
      }
    }
  }

  /** Each client is told the size of the storage, as a stock server does after a pack. */
  private void packed() {
    sessions.tellAll(new ServerMessage.Info(sizes.latest()));
  }

  private void log(Effect.Note note) {
    String text = "storage " + name() + ": " + note.text();
    switch (note.level()) {
      case DEBUG -> LOG.debug(text);
      case INFO -> LOG.info(text);
      case WARN -> LOG.warn(text);
      case ERROR -> LOG.error(text);
    }
  }

  // Administrators.

  /** A wish; the stage ends on the event loop. */
  public CompletionStage<String> wish(AdminRequest what) {
    return wish(what, progress -> {});
  }

  private CompletionStage<String> wish(AdminRequest what, Consumer<String> progress) {
    if (stopped) {
      return CompletableFuture.failedFuture(Wishes.notNow("this storage has stopped"));
    }
    long request = newNumber();
    CompletionStage<String> answer = wishes.add(request, progress);
    happened(new Event.AdminAsked(request, what));
    return answer;
  }

  @Override
  public CompletionStage<String> disable(BackendName backend) {
    return known(backend, new AdminRequest.Disable(backend));
  }

  @Override
  public CompletionStage<String> recover(BackendName backend) {
    return known(backend, new AdminRequest.Recover(backend));
  }

  private CompletionStage<String> known(BackendName backend, AdminRequest wish) {
    TreeSet<BackendName> names = new TreeSet<>();
    board.latest().backends().forEach(member -> names.add(member.name()));
    return names.contains(backend)
        ? wish(wish)
        : CompletableFuture.failedFuture(RefusedException.unknownBackend(name(), backend, names));
  }

  /**
   * Packs one backend after another.
   *
   * @param secondsSince1970 revisions that were not current then may go
   */
  public CompletionStage<String> pack(double secondsSince1970) {
    return wish(new AdminRequest.Pack(secondsSince1970));
  }

  /**
   * Compares backends; fails with the first difference in words.
   *
   * @param names none for all that are in sync
   * @param progress told how far it is, on the event loop
   */
  public CompletionStage<String> verify(List<BackendName> names, Consumer<String> progress) {
    return wish(new AdminRequest.Verify(new TreeSet<>(names)), progress);
  }

  @Override
  public CompletionStage<String> reload() {
    return reload.get();
  }

  /**
   * The configuration names these backends now. Not before the one before has ended.
   *
   * @param lockMillis how long their locks may be held for one transaction
   */
  public CompletionStage<String> reconfigure(
      Map<BackendName, BackendTarget> targets, long lockMillis) {
    // Where a new backend is must be known before it is a member, and where an old one is until it
    // is none. If the wish fails, it may have been granted all the same: then both stay known.
    Optional<RefusedException> refused = backends.knowAlso(targets);
    if (refused.isPresent()) {
      return CompletableFuture.failedFuture(refused.get());
    }
    CompletionStage<String> granted =
        wish(new AdminRequest.Reload(new TreeSet<>(targets.keySet()), lockMillis));
    granted.thenAccept(text -> backends.retarget(targets));
    return granted;
  }

  /** Tells of the status: now, and at each change until the returned is run. */
  public Runnable watch(Consumer<RaidStatus> watcher) {
    return board.watch(watcher);
  }

  @Override
  public RaidStatus status() {
    if (!stopped) {
      board.set(core.status());
    }
    return board.latest();
  }

  // Clients.

  @Override
  public long newNumber() {
    return ++number;
  }

  @Override
  public void joined(StorageSession session) {
    sessions.joined(session);
    meters.clients(sessions.size());
  }

  @Override
  public void left(StorageSession session) {
    sessions.left(session);
    blobs.left(session);
    meters.clients(sessions.size());
    happened(new Event.ClientLeft(session.number()));
  }

  @Override
  public void ask(StorageSession session, long request, ClientRequest what) {
    if (stopped) {
      // A client has no time-out of its own: it must not wait for what never comes.
      session.drop("this storage has stopped");
      return;
    }
    happened(new Event.ClientAsked(session.number(), request, what));
    if (what instanceof ClientRequest.Vote) {
      meters.waiting(core.waitingCommits());
    }
  }

  @Override
  public void hold(long id, TransactionBuffer transaction) {
    transactions.put(id, transaction);
  }

  @Override
  public void release(long id) {
    transactions.remove(id);
    meters.waiting(core.waitingCommits());
  }

  @Override
  public ClientLimits limits() {
    return limits;
  }

  @Override
  public Map<Oid, Tid> changedSince(Map<Oid, Tid> revisions) {
    return core.changedSince(revisions);
  }

  @Override
  public Tid lastTid() {
    return lastTid;
  }

  @Override
  public Map<String, @Nullable Object> info() {
    return backends.info(name());
  }

  @Override
  public Map<Object, Object> sizes() {
    return sizes.latest();
  }

  @Override
  public boolean takesBlobs() {
    return backends.takeBlobs();
  }

  @Override
  public Optional<SharedDirectory> sharedDirectory() {
    return sharedDirectory;
  }

  @Override
  public Map<String, @Nullable Object> serverStatus() {
    return ServerStatus.of(
        status(),
        limits.readOnly(),
        meters,
        sessions.size(),
        core.waitingCommits(),
        started,
        transactions.size(),
        core.lockedSince());
  }

  @Override
  public StorageMeters meters() {
    return meters;
  }
}
