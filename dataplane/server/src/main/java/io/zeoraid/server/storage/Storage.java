package io.zeoraid.server.storage;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.raid.Effect;
import io.zeoraid.raid.Event;
import io.zeoraid.raid.Now;
import io.zeoraid.raid.RecordCache;
import io.zeoraid.raid.ReplicationCore;
import io.zeoraid.raid.Settings;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.backend.BackendTarget;
import io.zeoraid.server.client.ClientLimits;
import io.zeoraid.server.client.StorageFront;
import io.zeoraid.server.client.StorageSession;
import io.zeoraid.server.control.RefusedException;
import io.zeoraid.server.control.StorageMeters;
import io.zeoraid.server.membership.MembershipStore;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.tls.Tls;
import io.zeoraid.server.transaction.SharedDirectory;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
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
  private final MembershipStore store;
  private final ClientLimits limits;
  private final Optional<SharedDirectory> sharedDirectory;
  private final StorageMeters meters;
  private final Supplier<CompletionStage<String>> reload;

  private final BackendConnections backends;
  private final Map<Long, StorageSession> sessions = new LinkedHashMap<>();
  private final Map<Long, TransactionBuffer> transactions = new HashMap<>();
  private final Sizes sizes = new Sizes();
  private final BlobsForClients blobs;
  private final Timers timers;
  private final Map<Long, CompletableFuture<String>> wishes = new HashMap<>();

  /** Who hears how far a wish is. */
  private final Map<Long, Consumer<String>> listeners = new HashMap<>();

  private final List<Consumer<RaidStatus>> watchers = new ArrayList<>();
  private final SessionGuard guard;
  private final Broadcast broadcast;
  private final Deque<Event> due = new ArrayDeque<>();
  private final SplittableRandom chance = new SplittableRandom();
  private final Instant started = Instant.now();

  private final CompletableFuture<Void> left = new CompletableFuture<>();
  private RaidStatus status;
  private Tid lastTid = Tid.NONE;
  private boolean stepping;
  private boolean stopped;
  private long number;

  /**
   * What a storage is made of.
   *
   * @param peers how connections to the other servers are secured; empty: they are in the clear
   * @param cache for this storage alone
   * @param sharedDirectory where clients hand over blobs by file name; empty: nowhere
   */
  public record Parts(
      Loop loop,
      Settings settings,
      Map<BackendName, BackendTarget> targets,
      Optional<Tls> peers,
      MembershipStore store,
      RecordCache cache,
      ClientLimits limits,
      Optional<SharedDirectory> sharedDirectory,
      StorageMeters meters,
      Supplier<CompletionStage<String>> reload) {}

  public Storage(Parts parts) {
    loop = parts.loop();
    settings = parts.settings();
    store = parts.store();
    limits = parts.limits();
    sharedDirectory = parts.sharedDirectory();
    meters = parts.meters();
    reload = parts.reload();
    core = new ReplicationCore(settings, parts.cache());
    status = core.status();
    guard = new SessionGuard(name());
    broadcast = new Broadcast(guard);
    backends =
        new BackendConnections(
            loop,
            parts.targets(),
            parts.peers(),
            this::happened,
            transactions::get,
            sizes,
            this::packed);
    blobs = new BlobsForClients(backends, broadcast::tell);
    timers = new Timers(loop, timer -> happened(new Event.TimerFired(timer)));
  }

  /** The storage's name. Any thread. */
  public String name() {
    return settings.storage();
  }

  /** Begins to take office. */
  public void start() {
    store.watch(stored -> loop.execute(() -> happened(new Event.RecordWatched(stored))));
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
    dropAll("this server stops");
    backends.closeAll();
    timers.cancelAll();
    wishes.values().forEach(wish -> wish.completeExceptionally(notNow("this server stops")));
    wishes.clear();
    listeners.clear();
  }

  // Events in, effects out.

  private Now now() {
    Instant wall = Instant.now();
    return new Now(
        wall.getEpochSecond() * 1_000_000 + wall.getNano() / 1000,
        System.nanoTime() / 1_000_000,
        chance.nextLong());
  }

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
        core.step(now(), next, this::carryOut);
      }
    } catch (RuntimeException | Error e) {
      LOG.errorf(
          e,
          "storage %s: a broken invariant; nothing is served any more, so that nothing can be lost",
          name());
      stop();
      status =
          new RaidStatus(
              name(),
              RaidState.FAILED,
              "a broken invariant halted the storage: " + e,
              false,
              status.epoch(),
              status.primary(),
              status.server(),
              status.lastTid(),
              status.backends());
      List.copyOf(watchers).forEach(watcher -> watcher.accept(status));
    } finally {
      stepping = false;
    }
  }

  private void carryOut(Effect effect) {
    switch (effect) {
      case Effect.AnswerClient answer ->
          with(answer.session(), session -> session.answered(answer.request(), answer.reply()));
      case Effect.CallBackend call -> backends.call(call);
      case Effect.SendTransaction send -> backends.send(send);
      case Effect.Announce announce -> {
        lastTid = announce.tid();
        broadcast.announce(announce, sessions.values());
      }
      case Effect.OpenConnection opening -> backends.open(opening);
      case Effect.OpenPeer opening -> backends.open(opening);
      case Effect.PassOn pass -> backends.passOn(pass);
      case Effect.PassBlob pass -> with(pass.session(), session -> blobs.pass(pass, session));
      case Effect.CopyBlob copy -> backends.copy(copy);
      case Effect.DigestBlob digest -> backends.digest(digest);
      case Effect.TellView tell ->
          tell(
              tell.session(),
              new ServerMessage.RaidView(tell.epoch(), tell.inSync(), tell.trouble()));
      case Effect.TellCommitted tell -> {
        // Its client's tpc_finish is answered as soon as it knows of the transaction.
        tell(tell.session(), new ServerMessage.Info(sizes.latest()));
        tell(tell.session(), new ServerMessage.InvalidateTransaction(tell.tid(), tell.oids()));
      }
      case Effect.Beat beat -> store.beat(settings.server());
      case Effect.EndBeats end -> store.endBeats();
      case Effect.ReadHeartbeat read -> readHeartbeat(read.request());
      case Effect.Left gone -> left.complete(null);
      case Effect.CloseConnection closing -> backends.close(closing);
      case Effect.StartTimer timer -> timers.start(timer.timer(), timer.millis());
      case Effect.CancelTimer timer -> timers.cancel(timer.timer());
      case Effect.ReadRecord read -> readRecord(read.request());
      case Effect.WriteRecord write -> writeRecord(write);
      case Effect.DropClient drop -> with(drop.session(), session -> session.drop(drop.why()));
      case Effect.DropAllClients drop -> dropAll(drop.why());
      case Effect.AnswerAdmin answer -> answerAdmin(answer);
      case Effect.TellAdmin tell -> {
        Consumer<String> listener = listeners.get(tell.request());
        if (listener != null) {
          listener.accept(tell.text());
        }
      }
      case Effect.Note note -> log(note);
      case Effect.StatusChanged changed -> {
        status = changed.status();
        sizes.changed(status);
        List.copyOf(watchers).forEach(watcher -> watcher.accept(status));
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
    broadcast.tell(sessions.values(), new ServerMessage.Info(sizes.latest()));
  }

  private void tell(long number, ServerMessage message) {
    with(number, session -> broadcast.tell(session, message));
  }

  /** Does this for a session, unless it is gone. */
  private void with(long number, Consumer<StorageSession> effect) {
    StorageSession session = sessions.get(number);
    if (session != null) {
      guard.run(session, effect);
    }
  }

  private void dropAll(String why) {
    for (StorageSession session : List.copyOf(sessions.values())) {
      guard.run(session, dropped -> dropped.drop(why));
    }
  }

  private void readHeartbeat(long request) {
    store
        .heartbeat()
        .whenComplete((heartbeat, trouble) ->
            loop.execute(() ->
                happened(
                    trouble == null
                        ? new Event.HeartbeatRead(request, heartbeat)
                        : new Event.HeartbeatUnreadable(request, words(trouble)))));
  }

  private void readRecord(long request) {
    store
        .read()
        .whenComplete((stored, trouble) ->
            loop.execute(() ->
                happened(
                    trouble == null
                        ? new Event.RecordRead(request, stored)
                        : new Event.RecordUnreadable(request, words(trouble)))));
  }

  private void writeRecord(Effect.WriteRecord write) {
    store
        .compareAndSet(write.version(), write.record())
        .whenComplete((outcome, trouble) ->
            loop.execute(() -> {
              if (trouble != null) {
                happened(new Event.RecordUnanswered(write.request(), words(trouble)));
              } else {
                happened(
                    switch (outcome) {
                      case MembershipStore.Outcome.Written written ->
                          new Event.RecordWritten(write.request(), written.stored());
                      case MembershipStore.Outcome.Refused refused ->
                          new Event.RecordRefused(write.request(), refused.current());
                    });
              }
            }));
  }

  private static String words(Throwable trouble) {
    Throwable cause = trouble.getCause() == null ? trouble : trouble.getCause();
    return String.valueOf(cause.getMessage());
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

  private static RefusedException notNow(String why) {
    return new RefusedException(RefusedException.Reason.NOT_NOW, why);
  }

  /** A wish; the stage ends on the event loop. */
  public CompletionStage<String> wish(AdminRequest what) {
    return wish(what, progress -> {});
  }

  private CompletionStage<String> wish(AdminRequest what, Consumer<String> progress) {
    if (stopped) {
      return CompletableFuture.failedFuture(notNow("this storage has stopped"));
    }
    long request = newNumber();
    CompletableFuture<String> answer = new CompletableFuture<>();
    wishes.put(request, answer);
    listeners.put(request, progress);
    happened(new Event.AdminAsked(request, what));
    return answer;
  }

  private void answerAdmin(Effect.AnswerAdmin answer) {
    CompletableFuture<String> wish = wishes.remove(answer.request());
    listeners.remove(answer.request());
    if (wish == null) {
      return;
    }
    if (answer.done()) {
      wish.complete(answer.text());
    } else {
      wish.completeExceptionally(
          new RefusedException(RefusedException.Reason.NOT_IN_THIS_STATE, answer.text()));
    }
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
    status.backends().forEach(member -> names.add(member.name()));
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
    Map<BackendName, BackendTarget> before = backends.targets();
    for (Map.Entry<BackendName, BackendTarget> target : targets.entrySet()) {
      BackendTarget old = before.get(target.getKey());
      if (old != null && !old.isSameVolume(target.getValue())) {
        return CompletableFuture.failedFuture(
            new RefusedException(
                RefusedException.Reason.NOT_IN_THIS_STATE,
                "backend "
                    + target.getKey()
                    + " has another address or storage now, and might be another volume: take it out"
                    + " of the configuration, reload, and put it back under a new name"));
      }
    }
    Map<BackendName, BackendTarget> both = new HashMap<>(before);
    both.putAll(targets);
    backends.retarget(both);
    CompletionStage<String> granted =
        wish(new AdminRequest.Reload(new TreeSet<>(targets.keySet()), lockMillis));
    granted.thenAccept(text -> backends.retarget(targets));
    return granted;
  }

  /** Tells of the status: now, and at each change until the returned is run. */
  public Runnable watch(Consumer<RaidStatus> watcher) {
    watchers.add(watcher);
    watcher.accept(status);
    return () -> watchers.remove(watcher);
  }

  @Override
  public RaidStatus status() {
    if (!stopped) {
      status = core.status();
    }
    return status;
  }

  // Clients.

  @Override
  public long newNumber() {
    return ++number;
  }

  @Override
  public void joined(StorageSession session) {
    sessions.put(session.number(), session);
    meters.clients(sessions.size());
  }

  @Override
  public void left(StorageSession session) {
    sessions.remove(session.number());
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
