package io.zeoraid.simulation;

import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BlobPrint;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.raid.Effect;
import io.zeoraid.raid.Event;
import io.zeoraid.raid.Now;
import io.zeoraid.raid.ReplicationCore;
import io.zeoraid.raid.Safeguard;
import io.zeoraid.raid.Settings;
import io.zeoraid.raid.Transaction;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A RAID server's process: a core, and the shell that carries out its effects in virtual time. */
final class RaidProcess {
  private static final int CACHED_RECORDS = 3;

  /** The server's name and address; each start of it is a process with an id of its own. */
  final String slot;

  final String id;
  private final World world;
  private final Scheduler scheduler;
  private final ReplicationCore core;
  private final PeerSessions peers;
  private final ModelCache cache = new ModelCache(CACHED_RECORDS);
  private final Map<Long, Wire> wires = new LinkedHashMap<>();
  private final Map<Long, Effect.CopyBlob> copies = new LinkedHashMap<>();
  private final Set<Long> digests = new HashSet<>();
  private final Map<Long, Session> sessions = new LinkedHashMap<>();
  private final Set<Long> registered = new LinkedHashSet<>();
  private final Map<Long, ClientRequest> asked = new HashMap<>();
  private final Map<Long, Content> contents = new HashMap<>();
  private final Set<Long> timers = new HashSet<>();
  private final Deque<Event> inbox = new ArrayDeque<>();
  private boolean up = true;
  private boolean toldToServe;
  private long pausedUntil;
  private long transactions;
  private Runnable whenLeft = () -> {};

  RaidProcess(World world, String slot, Settings settings, Set<Safeguard> leftOut) {
    this.world = world;
    this.scheduler = world.scheduler;
    this.slot = slot;
    this.id = settings.server();
    this.peers = new PeerSessions(world, this);
    core = new ReplicationCore(settings, cache, leftOut);
  }

  boolean isUp() {
    return up;
  }

  ReplicationCore core() {
    return core;
  }

  /** Whether it serves, by the last news of its status. */
  boolean isToldToServe() {
    return toldToServe;
  }

  PeerSessions peers() {
    return peers;
  }

  long pausedUntil() {
    return pausedUntil;
  }

  ModelCache cache() {
    return cache;
  }

  void start() {
    deliver(new Event.Start());
  }

  /** Killed. */
  void crash() {
    world.say(id + " is killed");
    up = false;
    List.copyOf(wires.values()).forEach(wire -> wire.breakHere("killed", false));
    peers.crash();
    List.copyOf(sessions.values()).forEach(Session::close);
  }

  /** Told to stop: it hands over, lets its clients go, and ends. */
  void stop(long drainMillis, Runnable stopped) {
    world.say(id + " is told to stop");
    deliver(new Event.Retire());
    scheduler.after(
        drainMillis,
        () -> {
          if (up) {
            List.copyOf(sessions.keySet()).forEach(this::drop);
            boolean[] over = new boolean[1];
            whenLeft =
                () -> {
                  if (!over[0] && up) {
                    over[0] = true;
                    crash();
                    stopped.run();
                  }
                };
            deliver(new Event.Leave());
            scheduler.after(2000, whenLeft);
          }
        });
  }

  /** It does nothing for a while, as in a long garbage collection. */
  void pause(long millis, long patienceMillis) {
    pausedUntil = scheduler.now() + millis;
    peers.hang(millis, patienceMillis);
    scheduler.after(
        millis,
        () -> {
          while (scheduler.now() >= pausedUntil && !inbox.isEmpty()) {
            step(inbox.remove());
          }
        });
  }

  /** For faults: connections to backends and other servers that stand. */
  List<Wire> wires() {
    return List.copyOf(wires.values());
  }

  void deliver(Event event) {
    world.beforeDelivery.accept(this, event);
    if (scheduler.now() < pausedUntil || !inbox.isEmpty()) {
      inbox.add(event);
    } else {
      step(event);
    }
  }

  private void step(Event event) {
    if (!up || isOfTheDead(event)) {
      return;
    }
    world.say(() -> id + " <- " + Words.of(event));
    if (event instanceof Event.BackendReplied replied) {
      passOnBlob(copies.remove(replied.call()));
    }
    core.step(
        new Now(world.wallMillis() * 1000, scheduler.now(), scheduler.random.nextLong()),
        digested(event),
        this::carryOut);
  }

  /** A model's digest of a blob is the blob. */
  private Event digested(Event event) {
    return event instanceof Event.BackendReplied(long connection, long call, byte[] blob)
            && digests.remove(call)
        ? new Event.BackendReplied(
            connection, call, new BlobPrint(blob.length, HexFormat.of().formatHex(blob)))
        : event;
  }

  /** A blob that has come goes to the backend that it is copied to. */
  private void passOnBlob(Effect.@Nullable CopyBlob copy) {
    if (copy != null && wires.containsKey(copy.to())) {
      send(copy.to(), 0, copy.end());
    }
  }

  /** The shell's promise: nothing is reported of a connection after it was closed. */
  private boolean isOfTheDead(Event event) {
    return switch (event) {
      case Event.ConnectionOpened opened -> !wires.containsKey(opened.connection());
      case Event.BackendReplied replied -> !wires.containsKey(replied.connection());
      case Event.BackendFailed failed -> !wires.containsKey(failed.connection());
      case Event.BackendInvalidated invalidated -> !wires.containsKey(invalidated.connection());
      case Event.PrimaryView view -> !wires.containsKey(view.connection());
      case Event.PrimaryCommitted committed -> !wires.containsKey(committed.connection());
      case Event.ConnectionLost lost -> wires.remove(lost.connection()) == null;
      case Event.TimerFired fired -> !timers.remove(fired.timer());
      default -> false;
    };
  }

  void lost(Wire wire, String why, boolean hung) {
    if (up) {
      deliver(new Event.ConnectionLost(wire.id, why, hung));
    }
  }

  // Effects.

  private void carryOut(Effect effect) {
    if (!(effect instanceof Effect.StatusChanged)) {
      world.say(() -> id + " -> " + Words.of(effect));
    }
    switch (effect) {
      case Effect.StartTimer timer -> {
        timers.add(timer.timer());
        scheduler.after(timer.millis(), () -> deliver(new Event.TimerFired(timer.timer())));
      }
      case Effect.CancelTimer timer -> timers.remove(timer.timer());
      case Effect.ReadRecord read -> world.store.read(this, read.request());
      case Effect.WriteRecord write ->
          world.store.write(this, write.request(), write.version(), write.record());
      case Effect.Beat beat -> world.store.beat(this);
      case Effect.EndBeats end -> world.store.endBeats(this);
      case Effect.ReadHeartbeat read -> world.store.heartbeat(this, read.request());
      case Effect.OpenConnection open ->
          openWire(open.connection(), world.server(open.backend()), open.millis());
      case Effect.OpenPeer open ->
          openWire(open.connection(), world.farEnd(open.address()), open.millis());
      case Effect.CloseConnection close -> {
        Wire wire = wires.remove(close.connection());
        if (wire != null) {
          wire.close();
        }
      }
      case Effect.CallBackend call -> send(call.connection(), call.call(), call.request());
      case Effect.SendTransaction send -> sendTransaction(send);
      case Effect.PassOn pass -> {
        Content content = contents.get(pass.transaction().id());
        if (content == null) {
          throw new Violation("the core passes on a transaction that has no content");
        }
        wire(pass.connection()).send(w -> PeerSessions.passedOn(w, pass, content));
      }
      case Effect.PassBlob pass -> throw new Violation("no client asked for a blob");
      case Effect.DigestBlob digest -> {
        digests.add(digest.call());
        send(digest.connection(), digest.call(), digest.blob());
      }
      case Effect.CopyBlob copy -> {
        copies.put(copy.call(), copy);
        send(copy.connection(), copy.call(), copy.blob());
      }
      case Effect.AnswerClient answer -> answer(answer.session(), answer.request(), answer.reply());
      case Effect.Announce announce -> announce(announce);
      case Effect.TellView tell -> peers.tellView(tell);
      case Effect.TellCommitted tell -> peers.tellCommitted(tell);
      case Effect.DropClient drop -> drop(drop.session());
      case Effect.DropAllClients drop -> List.copyOf(sessions.keySet()).forEach(this::drop);
      case Effect.AnswerAdmin answer -> world.adminAnswered(answer);
      case Effect.TellAdmin tell -> {}
      case Effect.Left left -> whenLeft.run();
      case Effect.Note note -> {}
      case Effect.StatusChanged changed -> toldToServe = changed.status().serving();
      case Effect.Counted counted -> {}
    }
  }

  private void openWire(long connection, Wire.FarEnd to, long millis) {
    wires.put(connection, new Wire(world, this, connection, to, millis));
  }

  private Wire wire(long connection) {
    Wire wire = wires.get(connection);
    if (wire == null) {
      throw new Violation("the core uses connection " + connection + ", which is closed");
    }
    return wire;
  }

  private void send(long connection, long call, Request request) {
    wire(connection)
        .send(w -> {
          switch (w.farEnd) {
            case ModelServer server -> server.receive(w, call, request);
            default -> PeerSessions.receive(w, call, request);
          }
        });
  }

  private void sendTransaction(Effect.SendTransaction send) {
    long transaction = send.transaction().id();
    Content content = contents.get(transaction);
    String user = content == null ? "" : content.name();
    long connection = send.connection();
    send(connection, 0, new Request.TpcBegin(transaction, user, "", Map.of(), send.tid(), " "));
    if (content != null) {
      content
          .stores()
          .forEach((oid, serial) -> {
            byte[] data = content.data(oid);
            send(connection, 0, new Request.Store(oid, serial, data, transaction));
            if (Content.isBlob(oid)) {
              send(connection, 0, new Request.StoreBlobEnd(oid, serial, data, transaction));
            }
          });
    }
    send(connection, send.voteCall(), new Request.Vote(transaction));
    send(connection, send.lastCall(), new Request.LastTransaction());
  }

  private void announce(Effect.Announce announce) {
    world.announced(announce.tid(), announce.oids());
    for (long number : List.copyOf(registered)) {
      Session session = sessions.get(number);
      if (session != null && number != announce.committer()) {
        session.announce(announce.tid(), announce.oids());
      }
    }
  }

  private void answer(long number, long request, ClientReply reply) {
    if (peers.contains(number)) {
      peers.answer(number, request, reply);
      return;
    }
    ClientRequest what = asked.remove(request);
    Session session = sessions.get(number);
    if (session == null) {
      return; // it has left
    }
    Content content = session.content;
    if (content != null) {
      if (reply instanceof ClientReply.Finished(Tid tid)) {
        world.acknowledged(tid, content);
      } else if (reply instanceof ClientReply.Failed
          && (what instanceof ClientRequest.Finish || what instanceof ClientRequest.Vote)) {
        world.refused(content);
      } else if (what instanceof ClientRequest.Abort) {
        world.refused(content);
      }
    }
    switch (reply) {
      case ClientReply.Registered yes -> registered.add(number);
      case ClientReply.Oids given -> world.oidsGiven(given.oids());
      default -> {}
    }
    session.answer(request, reply);
  }

  private void drop(long number) {
    Session session = sessions.remove(number);
    registered.remove(number);
    if (session != null) {
      session.close();
      scheduler.after(0, () -> deliver(new Event.ClientLeft(number)));
    } else {
      peers.drop(number);
    }
  }

  // Clients.

  void accept(Session session) {
    sessions.put(session.number, session);
  }

  /** The shell keeps the content of a transaction under a number of its own. */
  Transaction keep(Content content) {
    long transaction = ++transactions;
    contents.put(transaction, content);
    return new Transaction(
        transaction, List.copyOf(content.stores().keySet()), 100, content.given());
  }

  void clientAsked(Session session, long request, ClientRequest what, @Nullable Content of) {
    if (!up || !sessions.containsKey(session.number)) {
      return;
    }
    asked.put(request, what);
    ClientRequest whole = what;
    if (of != null) {
      session.content = of;
      Transaction transaction = keep(of);
      session.transaction = transaction.id();
      whole = new ClientRequest.Vote(transaction);
    } else if (what instanceof ClientRequest.Finish) {
      whole = new ClientRequest.Finish(session.transaction);
    } else if (what instanceof ClientRequest.Abort) {
      whole = new ClientRequest.Abort(session.transaction);
    }
    deliver(new Event.ClientAsked(session.number, request, whole));
  }

  void clientLeft(Session session) {
    if (up && sessions.remove(session.number) != null) {
      registered.remove(session.number);
      deliver(new Event.ClientLeft(session.number));
    }
  }
}
