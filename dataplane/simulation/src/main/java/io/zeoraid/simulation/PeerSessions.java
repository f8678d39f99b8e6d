package io.zeoraid.simulation;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.PeerVote;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.raid.Effect;
import io.zeoraid.raid.Event;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Other RAID servers at a RAID server: what its shell does for connections that come in. A
 * transaction that is passed on has another number here than at the server that it comes from.
 */
final class PeerSessions implements Wire.FarEnd {
  private final World world;
  private final RaidProcess process;
  private final Map<Long, Wire> wires = new LinkedHashMap<>();
  private final Map<Wire, Long> sessions = new HashMap<>();

  /** The numbers here of the transactions of a session, by their numbers there. */
  private final Map<Long, Map<Object, Long>> transactions = new HashMap<>();

  /** The calls that wait for an answer, by request. */
  private final Map<Long, Long> calls = new HashMap<>();

  PeerSessions(World world, RaidProcess process) {
    this.world = world;
    this.process = process;
  }

  @Override
  public String name() {
    return process.slot;
  }

  @Override
  public boolean isUp() {
    return process.isUp();
  }

  @Override
  public long busyUntil() {
    return process.pausedUntil();
  }

  @Override
  public void accept(Wire wire) {
    long session = world.newRequest();
    wires.put(session, wire);
    sessions.put(wire, session);
    transactions.put(session, new HashMap<>());
    wire.registered(Tid.NONE);
  }

  @Override
  public void disconnected(Wire wire) {
    Long session = sessions.remove(wire);
    if (session != null && process.isUp()) {
      wires.remove(session);
      transactions.remove(session);
      process.deliver(new Event.ClientLeft(session));
    }
  }

  boolean contains(long session) {
    return wires.containsKey(session);
  }

  void crash() {
    List.copyOf(wires.values()).forEach(wire -> wire.closeThere("killed"));
    wires.clear();
  }

  /** The process takes in nothing for this time; its peers give their connections up. */
  void hang(long millis, long patienceMillis) {
    long until = world.scheduler.now() + millis;
    for (Wire wire : List.copyOf(wires.values())) {
      world.scheduler.after(
          patienceMillis,
          () -> {
            if (process.pausedUntil() >= until && until > world.scheduler.now()) {
              wire.breakHere("no answer for " + patienceMillis + " ms", true);
            }
          });
    }
  }

  void drop(long session) {
    Wire wire = wires.remove(session);
    if (wire != null) {
      sessions.remove(wire);
      transactions.remove(session);
      wire.closeThere("dropped");
      world.scheduler.after(0, () -> process.deliver(new Event.ClientLeft(session)));
    }
  }

  // What comes in.

  private static PeerSessions at(Wire wire) {
    if (wire.farEnd instanceof PeerSessions peers) {
      return peers;
    }
    throw new IllegalStateException("not a wire to a RAID server");
  }

  static void passedOn(Wire wire, Effect.PassOn pass, Content content) {
    PeerSessions here = at(wire);
    Long session = here.sessions.get(wire);
    if (session != null) {
      var kept = here.process.keep(content);
      here.numbers(session).put(pass.transaction().id(), kept.id());
      here.ask(session, pass.voteCall(), new ClientRequest.Vote(kept, pass.again()));
    }
  }

  private Map<Object, Long> numbers(long session) {
    Map<Object, Long> numbers = transactions.get(session);
    if (numbers == null) {
      throw new IllegalStateException("no session " + session);
    }
    return numbers;
  }

  static void receive(Wire wire, long call, Request request) {
    PeerSessions here = at(wire);
    Long session = here.sessions.get(wire);
    if (session != null) {
      here.receive(session, call, request);
    }
  }

  private void receive(long session, long call, Request request) {
    switch (request) {
      case Request.RaidFollow follow ->
          ask(
              session,
              call,
              new ClientRequest.Follow(follow.primary(), follow.follower(), follow.announced()));
      case Request.TpcFinish finish ->
          ask(
              session,
              call,
              new ClientRequest.Finish(numbers(session).getOrDefault(finish.transaction(), 0L)));
      case Request.TpcAbort abort ->
          ask(
              session,
              call,
              new ClientRequest.Abort(numbers(session).getOrDefault(abort.transaction(), 0L)));
      case Request.Ping ping -> ask(session, call, new ClientRequest.Ping());
      case Request.NewOids oids -> ask(session, call, new ClientRequest.NewOids(oids.count()));
      case Request.RaidReport report ->
          ask(session, 0, new ClientRequest.Report(new BackendName(report.backend())));
      case Request.RaidDisable wish ->
          wish(session, call, new AdminRequest.Disable(new BackendName(wish.backend())));
      case Request.RaidRecover wish ->
          wish(session, call, new AdminRequest.Recover(new BackendName(wish.backend())));
      case Request.RaidPack wish -> ask(session, call, new ClientRequest.Pack(wish.time()));
      default -> throw new Violation("a RAID server was asked " + request);
    }
  }

  private void wish(long session, long call, AdminRequest what) {
    Wire wire = wires.get(session);
    if (wire != null) {
      world.wish(
          process,
          what,
          answer -> {
            if (answer.done()) {
              wire.reply(call, answer.text());
            } else {
              wire.fail(call, Errors.valueError(answer.text()));
            }
          });
    }
  }

  private void ask(long session, long call, ClientRequest what) {
    long request = world.newRequest();
    calls.put(request, call);
    process.deliver(new Event.ClientAsked(session, request, what));
  }

  // What goes out.

  void answer(long session, long request, ClientReply reply) {
    Wire wire = wires.get(session);
    Long call = calls.remove(request);
    if (wire == null || call == null) {
      return;
    }
    switch (reply) {
      case ClientReply.Following following -> wire.reply(call, following.from().toPlain());
      case ClientReply.Voted voted ->
          wire.reply(call, new PeerVote(voted.tid(), voted.resolved()).toPlain());
      case ClientReply.Oids oids ->
          wire.reply(call, oids.oids().stream().map(oid -> oid.toBytes()).toList());
      case ClientReply.Done done -> wire.reply(call, null);
      case ClientReply.Failed failed -> wire.fail(call, failed.error());
      default -> throw new Violation("a RAID server was answered " + reply);
    }
  }

  void tellView(Effect.TellView tell) {
    Wire wire = wires.get(tell.session());
    if (wire != null) {
      wire.tell(new Event.PrimaryView(wire.id, tell.epoch(), tell.inSync(), tell.trouble()));
    }
  }

  void tellCommitted(Effect.TellCommitted tell) {
    Wire wire = wires.get(tell.session());
    if (wire != null) {
      wire.tell(new Event.PrimaryCommitted(wire.id, tell.tid(), tell.oids()));
    }
  }
}
