package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.Effect;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.OutReason;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A plain world and one client, for scripted scenarios: what happens, step by step. */
final class Story {
  private static final long LIMIT_MILLIS = 120_000;

  final World world;
  final ModelClient client;

  /** A world in which nothing runs yet but the backends a, b, ... */
  Story(int backends) {
    this(World.Options.plain(1, backends));
  }

  Story(World.Options options) {
    world = new World(options);
    client = world.newClient();
  }

  /** A RAID that serves, with a client that is connected. */
  static Story serving(int backends) {
    Story story = new Story(backends);
    story.start();
    return story;
  }

  void start() {
    world.start();
    client.connect();
    until(client::isReady);
  }

  void until(BooleanSupplier holds) {
    long limit = world.scheduler.now() + LIMIT_MILLIS;
    while (!holds.getAsBoolean()) {
      if (world.scheduler.now() > limit) {
        throw new AssertionError("it never came to pass: " + world.raid().core().status());
      }
      world.run(1);
    }
  }

  // Backends.

  ModelServer server(String name) {
    return world.server(name);
  }

  String state(String name) {
    return world.state(new BackendName(name)).word();
  }

  OutReason reason(String name) {
    if (world.state(new BackendName(name)) instanceof BackendState.Out out) {
      return out.reason();
    }
    throw new AssertionError(name + " is " + state(name));
  }

  boolean isInSync(String name) {
    return state(name).equals("in-sync");
  }

  void untilInSync(String name) {
    until(() -> isInSync(name));
  }

  /** Gives a backend a transaction before the RAID starts. */
  void had(String name, long tid, String content, long oid) {
    ModelServer server = server(name);
    server.volume.add(
        new Committed(
            new Tid(tid), content, new TreeMap<>(java.util.Map.of(new Oid(oid), new byte[] {7}))));
    server.crash();
    server.restart();
  }

  List<String> log(String name) {
    return server(name).volume.log().stream().map(Committed::identity).toList();
  }

  // The RAID.

  String detail() {
    return world.raid().core().status().detail();
  }

  boolean suspectsDataLoss() {
    return world.raid().core().status().dataLossSuspected();
  }

  boolean isServing() {
    return world.raid().core().status().serving();
  }

  /** The answer to an administrator's wish. */
  Effect.AnswerAdmin wish(AdminRequest what) {
    List<Effect.AnswerAdmin> answers = new ArrayList<>();
    world.wish(what, answers::add);
    until(() -> !answers.isEmpty());
    return answers.getFirst();
  }

  static TreeSet<BackendName> names(String... names) {
    TreeSet<BackendName> result = new TreeSet<>();
    for (String name : names) {
      result.add(new BackendName(name));
    }
    return result;
  }

  /** Until the RAID has sent backends the finish of a transaction that is not a no-op. */
  void untilFinishIsSent() {
    int before = world.trace().size();
    until(() ->
        world.trace().subList(before, world.trace().size()).stream()
            .anyMatch(line -> line.contains("TpcFinish")));
  }

  // A client's transaction.

  /** One that is under way. */
  final class Tx {
    private final ModelClient by;
    private final Content content;
    @Nullable ClientReply vote;
    @Nullable ClientReply outcome;

    Tx(ModelClient by, SortedMap<Oid, Tid> stores, @Nullable Tid given) {
      this.by = by;
      content = by.vote(stores, given, reply -> vote = reply);
    }

    /** What its content is called, in the backends' logs. */
    String name() {
      return content.name();
    }

    boolean isVoted() {
      return vote instanceof ClientReply.Voted;
    }

    Tx untilVoted() {
      until(() -> vote != null);
      return this;
    }

    Tx finish() {
      by.finish(content, reply -> outcome = reply);
      return this;
    }

    /** What its client is told in the end. */
    ClientReply outcome() {
      until(() -> outcome != null || vote instanceof ClientReply.Failed);
      ClientReply told = outcome == null ? vote : outcome;
      if (told == null) {
        throw new AssertionError("nothing");
      }
      return told;
    }

    boolean isCommitted() {
      return outcome() instanceof ClientReply.Finished;
    }
  }

  /** Votes on a new object. */
  Tx vote() {
    return vote(client);
  }

  Tx vote(ModelClient by) {
    return voteAs(by, null);
  }

  /** Votes on a new object, in a transaction that is to have this tid; null: any. */
  Tx voteAs(ModelClient by, @Nullable Tid given) {
    List<Tx> made = new ArrayList<>();
    by.newOid(oid -> made.add(new Tx(by, new TreeMap<>(java.util.Map.of(oid, Tid.NONE)), given)));
    until(() -> !made.isEmpty());
    return made.getFirst();
  }

  /** Votes on this object, as it was read. */
  Tx vote(Oid oid, Tid serial) {
    return vote(client, oid, serial);
  }

  Tx vote(ModelClient by, Oid oid, Tid serial) {
    return new Tx(by, new TreeMap<>(java.util.Map.of(oid, serial)), null);
  }

  /** A whole transaction. */
  ClientReply commit(ModelClient by) {
    Tx tx = vote(by).untilVoted();
    return tx.isVoted() ? tx.finish().outcome() : tx.outcome();
  }

  Tid committed() {
    return committed(client);
  }

  Tid committed(ModelClient by) {
    if (commit(by) instanceof ClientReply.Finished(Tid tid)) {
      return tid;
    }
    throw new AssertionError("not committed");
  }

  ModelClient anotherClient() {
    ModelClient other = world.newClient();
    other.connect();
    until(other::isReady);
    return other;
  }
}
