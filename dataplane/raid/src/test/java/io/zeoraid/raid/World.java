package io.zeoraid.raid;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a RAID lives in, in virtual time and from one seed: model ZEO servers, the
 * membership store, the RAID server, clients; and the checkers that watch it. Nothing in here is
 * concurrent.
 */
final class World {
  private static final long BEGAN_MILLIS = 1_760_000_000_000L;

  /**
   * How a world is made.
   *
   * @param raceChance how often an invalidation falls behind other messages (F3)
   * @param transactionTimeoutMillis of the backends; 0: none
   * @param invalidationQueue of the RAID server
   * @param leftOut safeguards that are left out, to show that the checkers notice
   */
  record Options(
      long seed,
      int backends,
      long latencyMillis,
      double raceChance,
      long transactionTimeoutMillis,
      int invalidationQueue,
      Set<Safeguard> leftOut) {

    /** A plain world for scripts: fast, without races. */
    static Options plain(int backends) {
      return new Options(1, backends, 2, 0, 0, 100, Set.of());
    }
  }

  final Scheduler scheduler;
  final ModelStore store;
  final Options options;
  private final SortedMap<BackendName, ModelServer> servers = new TreeMap<>();
  private final List<ModelClient> clients = new ArrayList<>();
  private final List<Checker> checkers = new ArrayList<>();
  private final List<String> trace = new ArrayList<>();
  private final List<Oid> created = new ArrayList<>();
  private final SortedMap<Long, Consumer<Effect.AnswerAdmin>> wishes = new TreeMap<>();
  private final Damage damage;
  private RaidProcess raid;
  private SortedSet<BackendName> configured;
  private long numbers;
  private int starts;

  /** How far the clock on the wall is off. */
  long wallSkewMillis;

  World(Options options) {
    this.options = options;
    scheduler = new Scheduler(options.seed(), options.latencyMillis());
    store = new ModelStore(this);
    for (int i = 0; i < options.backends(); i++) {
      BackendName name = new BackendName(String.valueOf((char) ('a' + i)));
      servers.put(
          name,
          new ModelServer(this, name, options.raceChance(), options.transactionTimeoutMillis()));
    }
    configured = new TreeSet<>(servers.keySet());
    damage = new Damage(this);
    checkers.add(new KeptTransactions(this));
    checkers.add(new SameSequence(this));
    checkers.add(new InvalidationsInOrder());
    checkers.add(new CachesAreCurrent(this));
    checkers.add(new OidsAreUnique());
    checkers.add(new LegalMembership());
    raid = newRaid();
  }

  // Who is there.

  ModelServer server(BackendName name) {
    ModelServer server = servers.get(name);
    if (server == null) {
      throw new IllegalArgumentException("no server " + name);
    }
    return server;
  }

  ModelServer server(String name) {
    return server(new BackendName(name));
  }

  List<ModelServer> servers() {
    return List.copyOf(servers.values());
  }

  List<ModelClient> clients() {
    return clients;
  }

  RaidProcess raid() {
    return raid;
  }

  Damage damage() {
    return damage;
  }

  BackendState state(BackendName name) {
    BackendState state = store.record().orElseThrow().backends().get(name);
    if (state == null) {
      throw new IllegalArgumentException(name + " is not a member");
    }
    return state;
  }

  /** The servers that are in sync by the record, and whose volume was not damaged since. */
  List<ModelServer> sound() {
    Optional<MembershipRecord> record = store.record();
    return record.isEmpty()
        ? List.of()
        : servers.values().stream()
            .filter(s -> record.get().isInSync(s.name) && !damage.isDamaged(s.name))
            .toList();
  }

  /** A pack may have dropped what came up to here, on some server. */
  Tid packedTo() {
    Tid packed = Tid.NONE;
    for (ModelServer server : servers.values()) {
      packed = Tids.max(packed, server.volume.packedTo());
    }
    return packed;
  }

  // The RAID server.

  private RaidProcess newRaid() {
    Settings settings =
        new Settings(
            "1",
            "raid-" + ++starts,
            configured,
            2000,
            500,
            3000,
            3000,
            5000,
            20_000,
            options.invalidationQueue(),
            true);
    return new RaidProcess(this, settings.server(), settings, options.leftOut());
  }

  void start() {
    raid.start();
  }

  /** Kills the RAID server, if it runs, and starts a new one. */
  void restartRaid() {
    if (raid.isUp()) {
      raid.crash();
    }
    raid = newRaid();
    raid.start();
  }

  /** What the configuration names when the RAID server starts next. */
  void configure(SortedSet<BackendName> names) {
    configured = names;
  }

  void wish(AdminRequest what, Consumer<Effect.AnswerAdmin> then) {
    if (raid.isUp()) {
      long request = newRequest();
      wishes.put(request, then);
      raid.deliver(new Event.AdminAsked(request, what));
    }
  }

  void adminAnswered(Effect.AnswerAdmin answer) {
    Consumer<Effect.AnswerAdmin> then = wishes.remove(answer.request());
    if (then != null) {
      then.accept(answer);
    }
  }

  // Clients.

  ModelClient newClient() {
    ModelClient client = new ModelClient(this, "client" + (clients.size() + 1));
    clients.add(client);
    return client;
  }

  @Nullable Session openSession(ModelClient client) {
    if (!raid.isUp()) {
      return null;
    }
    Session session = new Session(scheduler, newRequest(), client, raid);
    raid.accept(session);
    return session;
  }

  long newRequest() {
    return ++numbers;
  }

  /** An object that somebody has created. */
  Optional<Oid> anyOid() {
    return created.isEmpty()
        ? Optional.empty()
        : Optional.of(created.get((int) scheduler.between(0, created.size())));
  }

  void created(Oid oid) {
    if (!created.contains(oid)) {
      created.add(oid);
    }
  }

  // Time.

  long wallMillis() {
    return BEGAN_MILLIS + scheduler.now() + wallSkewMillis;
  }

  void run(long millis) {
    scheduler.runUntil(scheduler.now() + millis);
  }

  // The transcript.

  void say(String what) {
    trace.add(scheduler.now() + " " + what);
  }

  List<String> trace() {
    return trace;
  }

  // What happens; the checkers are told.

  void recordChanged(MembershipRecord record) {
    say("record " + record);
    damage.recordChanged(record);
    checkers.forEach(c -> c.recordChanged(record));
  }

  /** A server is about to commit what the RAID sent it. */
  void serverFinishes(ModelServer server, boolean restored) {
    if (!restored && damage.forget(server.name)) {
      volumeChanged(server);
    }
  }

  void committed(ModelServer server, Committed committed) {
    checkers.forEach(c -> c.committed(server, committed));
  }

  void volumeChanged(ModelServer server) {
    checkers.forEach(c -> c.volumeChanged(server));
  }

  void transactionTimedOut(ModelServer server) {
    checkers.forEach(c -> c.transactionTimedOut(server));
  }

  void acknowledged(Tid tid, Content content) {
    checkers.forEach(c -> c.acknowledged(tid, content));
  }

  void refused(Content content) {
    checkers.forEach(c -> c.refused(content));
  }

  void announced(Tid tid, List<Oid> oids) {
    damage.announced(tid);
    checkers.forEach(c -> c.announced(tid, oids));
  }

  void heard(ModelClient client, Tid before, Tid tid, String how) {
    checkers.forEach(c -> c.heard(client, before, tid, how));
  }

  void loaded(ModelClient client, Oid oid, Tid before, @Nullable Loaded loaded) {
    checkers.forEach(c -> c.loaded(client, oid, before, loaded));
  }

  void cached(ModelClient client, Oid oid) {
    checkers.forEach(c -> c.cached(client, oid));
  }

  void cacheChecked(ModelClient client, Tid since) {
    checkers.forEach(c -> c.cacheChecked(client, since));
  }

  void oidsGiven(List<Oid> oids) {
    checkers.forEach(c -> c.oidsGiven(oids));
  }

  void end() {
    checkers.forEach(Checker::end);
  }
}
