package io.zeoraid.server.storage;

import io.zeoraid.config.Address;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.Effect;
import io.zeoraid.raid.Event;
import io.zeoraid.server.backend.BackendConnection;
import io.zeoraid.server.backend.BackendListener;
import io.zeoraid.server.backend.BackendTarget;
import io.zeoraid.server.backend.BlobSink;
import io.zeoraid.server.control.RefusedException;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.tls.Tls;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The connections that the decisions have asked for, by their numbers. Confined to the event loop.
 */
final class BackendConnections {
  private static final List<String> BLOBS = List.of("ZODB.interfaces", "IBlobStorage");

  /** What the RAID can do if its backends can; in this order, as stock ZEO tells them. */
  private static final List<List<String>> INTERFACES =
      List.of(
          List.of("ZODB.interfaces", "IBlobStorageRestoreable"),
          BLOBS,
          List.of("ZODB.interfaces", "IStorageRestoreable"),
          List.of("ZODB.interfaces", "IStorageIteration"),
          List.of("ZODB.interfaces", "IStorageUndoable"),
          List.of("ZODB.interfaces", "IStorageCurrentRecordIteration"),
          List.of("ZODB.interfaces", "IExternalGC"),
          List.of("ZODB.interfaces", "IStorage"),
          List.of("zope.interface", "Interface"));

  private final Loop loop;
  private final Consumer<Event> events;
  private final LongFunction<@Nullable TransactionBuffer> transactions;
  private final Map<Long, BackendConnection> connections = new HashMap<>();
  private final TransactionBuffer noOp;
  private final Optional<Tls> peers;
  private Map<BackendName, BackendTarget> targets;
  private final Offers offers = new Offers();
  private final Sizes sizes;
  private final Runnable packed;

  BackendConnections(
      Loop loop,
      Map<BackendName, BackendTarget> targets,
      Optional<Tls> peers,
      Consumer<Event> events,
      LongFunction<@Nullable TransactionBuffer> transactions,
      Sizes sizes,
      Runnable packed) {
    this.loop = loop;
    this.targets = Map.copyOf(targets);
    this.peers = peers;
    this.events = events;
    this.transactions = transactions;
    this.sizes = sizes;
    this.packed = packed;
    this.noOp = NoOp.transaction();
  }

  /**
   * From now on, it is known where these are as well.
   *
   * @return why not, if one of them is elsewhere now; then nothing has changed
   */
  Optional<RefusedException> knowAlso(Map<BackendName, BackendTarget> more) {
    for (Map.Entry<BackendName, BackendTarget> target : more.entrySet()) {
      BackendTarget old = targets.get(target.getKey());
      if (old != null && !old.isSameVolume(target.getValue())) {
        return Optional.of(
            new RefusedException(
                RefusedException.Reason.NOT_IN_THIS_STATE,
                "backend "
                    + target.getKey()
                    + " has another address or storage now, and might be another volume: take it out"
                    + " of the configuration, reload, and put it back under a new name"));
      }
    }
    Map<BackendName, BackendTarget> both = new HashMap<>(targets);
    both.putAll(more);
    retarget(both);
    return Optional.empty();
  }

  void retarget(Map<BackendName, BackendTarget> now) {
    targets = Map.copyOf(now);
    offers.keepOnly(now.keySet());
  }

  void open(Effect.OpenConnection opening) {
    BackendTarget target = targets.get(opening.backend());
    long number = opening.connection();
    if (target == null) {
      lose(number, "it is not in the configuration");
      return;
    }
    open(
        number,
        new BackendConnection(loop, target, new Listener(number, opening.backend())),
        opening.millis());
  }

  private void open(long number, BackendConnection connection, long millis) {
    connections.put(number, connection);
    connection.open(millis);
  }

  /** Opens a connection to another ZEORaid server. It is treated as the backends are. */
  void open(Effect.OpenPeer opening) {
    long number = opening.connection();
    Address address;
    try {
      address = Address.toConnectTo(opening.address());
    } catch (IllegalArgumentException e) {
      lose(number, String.valueOf(e.getMessage()));
      return;
    }
    BackendTarget like = targets.values().iterator().next();
    BackendTarget target =
        new BackendTarget(
            "primary",
            List.of(address),
            like.storage(),
            like.label(),
            like.maxFrameBytes(),
            like.timeoutMillis(),
            like.pingMillis(),
            BackendTarget.Kind.PEER,
            peers);
    open(number, new BackendConnection(loop, target, new PeerListener(number)), opening.millis());
  }

  private void lose(long number, String why) {
    loop.execute(() -> events.accept(new Event.ConnectionLost(number, why, false)));
  }

  void close(Effect.CloseConnection closing) {
    BackendConnection connection = connections.remove(closing.connection());
    if (connection != null) {
      connection.close();
    }
  }

  void closeAll() {
    connections.values().forEach(BackendConnection::close);
    connections.clear();
  }

  void call(Effect.CallBackend call) {
    BackendConnection connection = connections.get(call.connection());
    if (connection != null) {
      connection.call(call.call(), call.request());
    }
  }

  void pass(Effect.PassBlob pass, BlobSink sink) {
    BackendConnection connection = connections.get(pass.connection());
    if (connection != null) {
      connection.sendBlob(pass.call(), pass.blob(), sink, 0);
    }
  }

  void digest(Effect.DigestBlob digest) {
    BackendConnection connection = connections.get(digest.connection());
    if (connection != null) {
      connection.sendBlob(digest.call(), digest.blob(), new BlobDigest(), digest.bytesPerSecond());
    }
  }

  void copy(Effect.CopyBlob copy) {
    BackendConnection from = connections.get(copy.connection());
    BackendConnection to = connections.get(copy.to());
    if (from != null && to != null) {
      from.copyBlob(copy.call(), copy.blob(), to, copy.end(), copy.bytesPerSecond());
    } else if (from != null) {
      // Who waits for the answer learns what became of the other one.
      connections.remove(copy.connection());
      from.close();
      lose(copy.connection(), "there is nothing to copy to any more");
    }
  }

  void send(Effect.SendTransaction send) {
    BackendConnection connection = connections.get(send.connection());
    if (connection == null) {
      return;
    }
    long id = send.transaction().id();
    TransactionBuffer transaction = id == 0 ? noOp : transactions.apply(id);
    if (transaction == null) {
      ended(send.connection(), connection);
    } else {
      connection.transact(send.voteCall(), send.lastCall(), transaction, send.tid());
    }
  }

  private void ended(long number, BackendConnection connection) {
    connections.remove(number);
    connection.close();
    lose(number, "the transaction has ended meanwhile");
  }

  void passOn(Effect.PassOn pass) {
    BackendConnection connection = connections.get(pass.connection());
    TransactionBuffer transaction = transactions.apply(pass.transaction().id());
    if (connection != null && transaction != null) {
      connection.passOn(pass.voteCall(), transaction, pass.again());
    } else if (connection != null) {
      ended(pass.connection(), connection);
    }
  }

  /** Whether all backends that were heard take blobs. */
  boolean takeBlobs() {
    return !offers.common(List.of(BLOBS)).isEmpty();
  }

  /** {@code get_info} for clients. */
  Map<String, @Nullable Object> info(String storage) {
    Map<String, @Nullable Object> info = new LinkedHashMap<>();
    sizes.latest().forEach((key, value) -> info.put(key.toString(), value));
    info.put("name", "ZEORaid " + storage);
    info.put("supportsUndo", offers.all("supportsUndo"));
    info.put("supports_record_iternext", offers.all("supports_record_iternext"));
    info.put("interfaces", Arrays.asList(offers.common(INTERFACES).toArray()));
    return info;
  }

  /** Turns what a connection tells into events. */
  private class Listener implements BackendListener {
    final long number;
    private final BackendName backend;

    Listener(long number, BackendName backend) {
      this.number = number;
      this.backend = backend;
    }

    @Override
    public void opened(Tid lastTid) {
      events.accept(new Event.ConnectionOpened(number, lastTid));
    }

    @Override
    public void lost(String why, boolean hung) {
      connections.remove(number);
      events.accept(new Event.ConnectionLost(number, why, hung));
    }

    @Override
    public void replied(long call, @Nullable Object value) {
      events.accept(new Event.BackendReplied(number, call, value));
    }

    @Override
    public void failed(long call, RemoteError error) {
      events.accept(new Event.BackendFailed(number, call, error));
    }

    @Override
    public void invalidated(Tid tid, List<Oid> oids) {
      events.accept(new Event.BackendInvalidated(number, tid));
    }

    @Override
    public void viewed(long epoch, List<String> inSync, String trouble) {
      throw new IllegalStateException("a backend has no view");
    }

    @Override
    public void info(Map<String, @Nullable Object> info) {
      sizes.heard(backend, info);
      if (targets.containsKey(backend)) {
        offers.heard(backend, info);
      }
    }

    @Override
    public void packed() {
      packed.run();
    }
  }

  /** The same for a connection to another ZEORaid server. */
  private final class PeerListener extends Listener {
    PeerListener(long number) {
      super(number, new BackendName("primary"));
    }

    @Override
    public void invalidated(Tid tid, List<Oid> oids) {
      events.accept(new Event.PrimaryCommitted(number, tid, oids));
    }

    @Override
    public void info(Map<String, @Nullable Object> info) {
      sizes.told(info);
    }

    @Override
    public void viewed(long epoch, List<String> inSync, String trouble) {
      events.accept(new Event.PrimaryView(number, epoch, inSync, trouble));
    }
  }
}
