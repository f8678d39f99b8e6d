package io.zeoraid.simulation;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.Tids;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A stock ZEO server with exactly the facts F1-F9 of {@code docs/replication.md}. Its answers are
 * plain data, as they come off the wire. What it reads from its log is in {@link ModelHistory}.
 */
final class ModelServer implements Wire.FarEnd {

  /** A transaction of a connection, from its begin on. */
  private static final class Begun {
    final Request.TpcBegin begin;
    final List<Request> operations = new ArrayList<>();

    Begun(Request.TpcBegin begin) {
      this.begin = begin;
    }
  }

  /** A vote that waits for the lock. */
  private record Waiting(Wire wire, long call) {}

  final BackendName name;
  Volume volume = new Volume();
  boolean diskFull;

  /** Objects about which this server alone finds a conflict, whatever was read. */
  @Nullable Oid quarrelsomeAbout;

  private final World world;
  private final Scheduler scheduler;
  private final double raceChance;
  private final long transactionTimeoutMillis;
  private final Map<Wire, Begun> transactions = new LinkedHashMap<>();
  private final Map<Wire, ModelHistory> histories = new LinkedHashMap<>();
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private final Deque<Runnable> soon = new ArrayDeque<>();
  private final Set<Wire> registered = new LinkedHashSet<>();
  private @Nullable Wire lockHolder;
  private boolean up = true;
  private long busyUntil;
  private long oids;
  private int incarnation;
  private long calls;

  /**
   * F8: killed between vote and finish, it claims that transaction's tid after the restart, until
   * the next commit, though it does not hold it. NONE if it tells the truth.
   */
  private Tid phantom = Tid.NONE;

  /**
   * @param transactionTimeoutMillis 0: none
   */
  ModelServer(World world, BackendName name, double raceChance, long transactionTimeoutMillis) {
    this.world = world;
    this.scheduler = world.scheduler;
    this.name = name;
    this.raceChance = raceChance;
    this.transactionTimeoutMillis = transactionTimeoutMillis;
  }

  @Override
  public String name() {
    return name.value();
  }

  @Override
  public boolean isUp() {
    return up;
  }

  @Override
  public long busyUntil() {
    return busyUntil;
  }

  boolean isLocked() {
    return lockHolder != null;
  }

  // What befalls it.

  /** Killed: every connection breaks, what was not committed is gone. */
  void crash() {
    if (!up) {
      return;
    }
    world.say(name + " is killed");
    up = false;
    phantom = Tid.NONE;
    if (lockHolder != null && scheduler.chance(0.5)) {
      Begun voted = transactions.get(lockHolder);
      Tid tid = voted == null ? null : voted.begin.tid();
      phantom = tid == null ? Tid.NONE : tid;
    }
    incarnation++;
    List<Wire> wires = List.copyOf(registered);
    registered.clear();
    transactions.clear();
    histories.clear();
    waiting.clear();
    soon.clear();
    lockHolder = null;
    busyUntil = 0;
    wires.forEach(wire -> wire.closeThere("connection reset by the killed " + name));
  }

  void restart() {
    if (!up) {
      up = true;
      oids = volume.greatestOid();
      world.say(
          name + " starts, its last transaction is " + volume.lastTid() + ", it says " + lastTid());
    }
  }

  /** It takes in nothing for this time; its peers give their connections up. */
  void hang(long millis, long patienceMillis) {
    world.say(name + " hangs for " + millis + " ms");
    busyUntil = scheduler.now() + millis;
    long until = busyUntil;
    for (Wire wire : List.copyOf(registered)) {
      scheduler.after(
          patienceMillis,
          () -> {
            if (busyUntil >= until && busyUntil > scheduler.now()) {
              wire.breakHere("no answer for " + patienceMillis + " ms", true);
            }
          });
    }
  }

  /** An old copy of its disk, or an empty one, takes the place of the one it has. */
  void replaceVolume(int transactionsKept) {
    crash();
    if (transactionsKept < volume.log().size()) {
      world.damage().replaced(name);
    }
    world.say(name + " comes back with " + transactionsKept + " of its transactions");
    volume.rollBackTo(transactionsKept);
    phantom = Tid.NONE;
    world.volumeChanged(this);
  }

  /** Somebody else commits, past the RAID. */
  void outsiderCommits(Tid tid, Oid oid, String user) {
    commit(null, new Committed(tid, user, new TreeMap<>(Map.of(oid, new byte[] {1}))));
  }

  /** F8: what it says is not always what it has. */
  private Tid lastTid() {
    return phantom.equals(Tid.NONE) ? volume.lastTid() : phantom;
  }

  // Connections.

  @Override
  public void accept(Wire wire) {
    registered.add(wire);
    histories.put(wire, new ModelHistory(volume));
    wire.registered(lastTid());
  }

  @Override
  public void disconnected(Wire wire) {
    if (registered.remove(wire)) {
      histories.remove(wire);
      forget(wire);
    }
  }

  /** How many iterators over transactions clients hold open. */
  long openIterators() {
    return histories.values().stream().mapToLong(ModelHistory::open).sum();
  }

  /** For faults: those that stand. */
  List<Wire> wires() {
    return List.copyOf(registered);
  }

  /** How many calls it has had. */
  long calls() {
    return calls;
  }

  /** Takes in a call, and answers it unless it must wait. */
  void receive(Wire wire, long call, Request request) {
    calls++;
    switch (request) {
      case Request.LastTransaction last -> wire.reply(call, lastTid().toBytes());
      case Request.Ping ping -> wire.reply(call, null);
      case Request.GetInfo info -> wire.reply(call, Map.of("size", 100L * volume.log().size()));
      case Request.NewOids wanted -> newOids(wire, call, wanted.count());
      case Request.TpcBegin begin -> transactions.put(wire, new Begun(begin));
      case Request.Store store -> operation(wire, store.transaction(), store);
      case Request.Restore restore -> operation(wire, restore.transaction(), restore);
      case Request.StoreBlobEnd blob -> operation(wire, blob.transaction(), blob);
      case Request.Vote vote -> vote(wire, call, vote.transaction());
      case Request.TpcFinish finish -> finish(wire, call, finish.transaction());
      case Request.TpcAbort abort -> abort(wire, call, abort.transaction());
      case Request.Pack pack -> pack(wire, call, pack.time());
      default -> {
        ModelHistory history = histories.get(wire);
        if (history == null) {
          throw new IllegalStateException("not registered: " + request);
        }
        history.receive(wire, call, request);
      }
    }
  }

  private void newOids(Wire wire, long call, int count) {
    List<byte[]> result = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      result.add(new Oid(++oids).toBytes());
    }
    wire.reply(call, result);
  }

  private void pack(Wire wire, long call, double seconds) {
    int packing = incarnation;
    scheduler.after(
        scheduler.between(10, 3000),
        () -> {
          if (packing == incarnation) {
            volume.packTo(Tids.ofSeconds(seconds));
            world.volumeChanged(this);
            wire.reply(call, null);
          }
        });
  }

  // Transactions: one at a time per connection (F6).

  private @Nullable Begun begun(Wire wire, Object transaction) {
    Begun begun = transactions.get(wire);
    return begun != null && begun.begin.transaction().equals(transaction) ? begun : null;
  }

  private void operation(Wire wire, Object transaction, Request operation) {
    Begun begun = begun(wire, transaction);
    if (begun != null) {
      begun.operations.add(operation);
    }
  }

  private void vote(Wire wire, long call, Object transaction) {
    if (begun(wire, transaction) == null) {
      wire.fail(call, Errors.storageTransaction("no such transaction"));
    } else if (lockHolder == null) {
      voteWithLock(wire, call);
    } else {
      waiting.add(new Waiting(wire, call));
    }
  }

  /** F1: the lock is held from here to the end of the transaction or of the connection. */
  private void voteWithLock(Wire wire, long call) {
    Begun begun = transactions.get(wire);
    if (begun == null) {
      return;
    }
    RemoteError refusal = refusal(begun);
    if (refusal != null) {
      transactions.remove(wire);
      wire.fail(call, refusal);
      return;
    }
    lockHolder = wire;
    wire.reply(call, resolved(begun));
    if (transactionTimeoutMillis > 0) {
      scheduler.after(
          transactionTimeoutMillis,
          () -> {
            if (lockHolder == wire && transactions.get(wire) == begun) {
              world.say(name + "'s transaction-timeout");
              world.transactionTimedOut(this);
              disconnected(wire);
              wire.closeThere("closed by the transaction-timeout of " + name);
            }
          });
    }
  }

  /** Some objects have a class that resolves conflicts, whatever was read. */
  static boolean resolves(Oid oid) {
    return oid.value() % 5 == 0;
  }

  private boolean isStale(Request.Store store) {
    return !volume.current(store.oid()).equals(store.serial());
  }

  /** It needs the revision that was read, which a pack may have taken away. */
  private boolean canResolve(Request.Store store) {
    return resolves(store.oid()) && volume.holds(store.serial(), store.oid());
  }

  /** As FileStorage, which compares nothing for an object that it does not know. */
  private boolean isStale(Request.StoreBlobEnd blob) {
    Tid current = volume.current(blob.oid());
    return !current.equals(Tid.NONE) && !current.equals(blob.serial());
  }

  private List<byte[]> resolved(Begun begun) {
    List<byte[]> resolved = new ArrayList<>();
    for (Request operation : begun.operations) {
      if (operation instanceof Request.Store store && isStale(store)) {
        resolved.add(store.oid().toBytes());
      }
    }
    return resolved;
  }

  private @Nullable RemoteError refusal(Begun begun) {
    if (diskFull && !begun.operations.isEmpty()) {
      return new RemoteError("builtins.OSError", List.of(28L, "No space left on device"));
    }
    for (Request operation : begun.operations) {
      if (operation instanceof Request.Store store
          && ((isStale(store) && !canResolve(store)) || store.oid().equals(quarrelsomeAbout))) {
        return conflict(store.oid(), store.serial());
      }
      if (operation instanceof Request.StoreBlobEnd blob
          && isStale(blob)
          && !resolves(blob.oid())) {
        return conflict(blob.oid(), blob.serial());
      }
    }
    return null;
  }

  private RemoteError conflict(Oid oid, Tid serial) {
    Map<String, @Nullable Object> attributes = new LinkedHashMap<>();
    attributes.put("message", "database conflict error");
    attributes.put("oid", oid.toBytes());
    attributes.put("serials", List.of(volume.current(oid).toBytes(), serial.toBytes()));
    return new RemoteError("ZODB.POSException.ConflictError", attributes);
  }

  private void finish(Wire wire, long call, Object transaction) {
    Begun begun = begun(wire, transaction);
    if (lockHolder != wire || begun == null) {
      wire.reply(call, null); // an unknown transaction is answered None
      return;
    }
    Tid tid = begun.begin.tid();
    if (tid == null) {
      throw new IllegalStateException("the RAID chooses its tids");
    }
    catchUp();
    SortedMap<Oid, byte[]> records = new TreeMap<>();
    SortedSet<Oid> blobs = new TreeSet<>();
    boolean restored = false;
    for (Request operation : begun.operations) {
      switch (operation) {
        case Request.Store store -> records.put(store.oid(), store.data());
        case Request.Restore restore -> {
          restored = true;
          byte[] data = restore.data();
          records.put(restore.oid(), data == null ? new byte[0] : data);
        }
        case Request.StoreBlobEnd blob -> {
          records.put(blob.oid(), blob.data());
          blobs.add(blob.oid());
        }
        default -> throw new IllegalStateException("not an operation: " + operation);
      }
    }
    Committed committed = new Committed(tid, String.valueOf(begun.begin.user()), records, blobs);
    world.serverFinishes(this, restored);
    commit(wire, committed);
    wire.reply(call, tid.toBytes());
    transactions.remove(wire);
    unlock();
  }

  private void commit(@Nullable Wire committer, Committed committed) {
    world.say(name + " commits " + committed.identity());
    volume.add(committed);
    phantom = Tid.NONE;
    for (Oid oid : committed.records().keySet()) {
      oids = Math.max(oids, oid.value());
    }
    for (Wire wire : registered) {
      if (wire != committer) {
        soon(() -> wire.invalidate(committed.tid()));
      }
    }
    world.committed(this, committed);
  }

  private void abort(Wire wire, long call, Object transaction) {
    if (begun(wire, transaction) != null) {
      forget(wire);
    }
    wire.reply(call, null);
  }

  private void forget(Wire wire) {
    transactions.remove(wire);
    waiting.removeIf(w -> w.wire() == wire);
    if (lockHolder == wire) {
      unlock();
    }
  }

  private void unlock() {
    lockHolder = null;
    if (!waiting.isEmpty()) {
      soon(this::wake);
    }
  }

  private void wake() {
    while (lockHolder == null && !waiting.isEmpty()) {
      Waiting next = waiting.remove();
      voteWithLock(next.wire(), next.call());
    }
  }

  /**
   * Who finishes has heard the answer to its vote: since then the server's event loop has turned,
   * and everything that was to come soon has come. So a vote that waited is not overtaken by a
   * whole transaction whose invalidation it misses (F3).
   */
  private void catchUp() {
    for (Runnable next = soon.poll(); next != null; next = soon.poll()) {
      next.run();
    }
  }

  /** In its order, but perhaps behind messages that could be read already (F3). */
  private void soon(Runnable what) {
    soon.add(what);
    int mine = incarnation;
    scheduler.after(
        scheduler.chance(raceChance) ? scheduler.between(0, 100) : 0,
        () -> {
          Runnable next = mine == incarnation ? soon.poll() : null;
          if (next != null) {
            next.run();
          }
        });
  }
}
