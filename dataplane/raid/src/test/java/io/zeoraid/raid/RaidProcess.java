package io.zeoraid.raid;

import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A RAID server's process: a core, and the shell that carries out its effects in virtual time. */
final class RaidProcess {
  final String id;
  private final World world;
  private final Scheduler scheduler;
  private final ReplicationCore core;
  private final Map<Long, Wire> wires = new LinkedHashMap<>();
  private final Map<Long, Session> sessions = new LinkedHashMap<>();
  private final Set<Long> registered = new LinkedHashSet<>();
  private final Map<Long, ClientRequest> asked = new HashMap<>();
  private final Map<Long, Content> contents = new HashMap<>();
  private final Set<Long> timers = new HashSet<>();
  private final Deque<Event> inbox = new ArrayDeque<>();
  private boolean up = true;
  private long pausedUntil;
  private long transactions;

  RaidProcess(World world, String id, Settings settings, Set<Safeguard> leftOut) {
    this.world = world;
    this.scheduler = world.scheduler;
    this.id = id;
    core = new ReplicationCore(settings, leftOut);
  }

  boolean isUp() {
    return up;
  }

  ReplicationCore core() {
    return core;
  }

  void start() {
    deliver(new Event.Start());
  }

  /** Killed. */
  void crash() {
    world.say(id + " is killed");
    up = false;
    List.copyOf(wires.values()).forEach(wire -> wire.breakHere("killed", false));
    List.copyOf(sessions.values()).forEach(Session::close);
  }

  /** It does nothing for a while, as in a long garbage collection. */
  void pause(long millis) {
    pausedUntil = scheduler.now() + millis;
    scheduler.after(
        millis,
        () -> {
          while (scheduler.now() >= pausedUntil && !inbox.isEmpty()) {
            step(inbox.remove());
          }
        });
  }

  /** For faults: connections to backends that stand. */
  List<Wire> wires() {
    return List.copyOf(wires.values());
  }

  void deliver(Event event) {
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
    world.say(id + " <- " + Words.of(event));
    List<Effect> effects = new ArrayList<>();
    core.step(
        new Now(world.wallMillis(), scheduler.now()),
        event,
        effect -> {
          effects.add(effect);
          // Closed at once: events of the connection that are in the inbox must not come through.
          if (effect instanceof Effect.CloseConnection close) {
            closeConnection(close.connection());
          } else {
            carryOut(effect);
          }
        });
  }

  /** The shell's promise: nothing is reported of a connection after it was closed. */
  private boolean isOfTheDead(Event event) {
    return switch (event) {
      case Event.ConnectionOpened opened -> !wires.containsKey(opened.connection());
      case Event.BackendReplied replied -> !wires.containsKey(replied.connection());
      case Event.BackendFailed failed -> !wires.containsKey(failed.connection());
      case Event.BackendInvalidated invalidated -> !wires.containsKey(invalidated.connection());
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
      world.say(id + " -> " + Words.of(effect));
    }
    switch (effect) {
      case Effect.StartTimer timer -> {
        timers.add(timer.timer());
        scheduler.after(timer.millis(), () -> deliver(new Event.TimerFired(timer.timer())));
      }
      case Effect.CancelTimer timer -> timers.remove(timer.timer());
      case Effect.ReadRecord read -> world.store.read(read.request(), this::deliver);
      case Effect.WriteRecord write ->
          world.store.write(write.request(), write.version(), write.record(), this::deliver);
      case Effect.OpenConnection open ->
          wires.put(
              open.connection(),
              new Wire(
                  scheduler, this, open.connection(), world.server(open.backend()), open.millis()));
      case Effect.CloseConnection close -> closeConnection(close.connection());
      case Effect.CallBackend call -> wire(call.connection()).send(call.call(), call.request());
      case Effect.SendTransaction send -> sendTransaction(send);
      case Effect.AnswerClient answer -> answer(answer.session(), answer.request(), answer.reply());
      case Effect.Announce announce -> announce(announce);
      case Effect.DropClient drop -> drop(drop.session());
      case Effect.DropAllClients drop -> List.copyOf(sessions.keySet()).forEach(this::drop);
      case Effect.AnswerAdmin answer -> world.adminAnswered(answer);
      case Effect.Note note -> {}
      case Effect.StatusChanged status -> {}
      case Effect.Counted counted -> {}
    }
  }

  private void closeConnection(long connection) {
    Wire wire = wires.remove(connection);
    if (wire != null) {
      world.say(id + " closes connection " + connection);
      wire.close();
    }
  }

  private Wire wire(long connection) {
    Wire wire = wires.get(connection);
    if (wire == null) {
      throw new Violation("the core uses connection " + connection + ", which is closed");
    }
    return wire;
  }

  private void sendTransaction(Effect.SendTransaction send) {
    Wire wire = wire(send.connection());
    long transaction = send.transaction().id();
    Content content = contents.get(transaction);
    String user = content == null ? "" : content.name();
    wire.send(0, new Request.TpcBegin(transaction, user, "", Map.of(), send.tid(), " "));
    if (content != null) {
      content
          .stores()
          .forEach((oid, serial) ->
              wire.send(0, new Request.Store(oid, serial, content.data(oid), transaction)));
    }
    wire.send(send.voteCall(), new Request.Vote(transaction));
    wire.send(send.lastCall(), new Request.LastTransaction());
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
    }
  }

  // Clients.

  void accept(Session session) {
    sessions.put(session.number, session);
  }

  void clientAsked(Session session, long request, ClientRequest what, @Nullable Content of) {
    if (!up || !sessions.containsKey(session.number)) {
      return;
    }
    asked.put(request, what);
    ClientRequest whole = what;
    if (of != null) {
      session.content = of;
      long transaction = ++transactions;
      contents.put(transaction, of);
      whole =
          new ClientRequest.Vote(
              new Transaction(transaction, List.copyOf(of.stores().keySet()), 100));
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
