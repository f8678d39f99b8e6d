package io.zeoraid.simulation;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.Effect;
import io.zeoraid.raid.Event;
import io.zeoraid.raid.Safeguard;
import io.zeoraid.raid.Settings;
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
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
   * @param invalidationQueue of the RAID servers
   * @param clientsChooseTids whether clients sometimes choose the tids of their transactions
   * @param storeKnowsTheDead whether the store knows for certain that a primary's process is dead
   * @param traced whether a transcript is kept
   * @param leftOut safeguards that are left out, to show that the checkers notice
   */
  record Options(
      long seed,
      int raids,
      int backends,
      long latencyMillis,
      double raceChance,
      long transactionTimeoutMillis,
      int invalidationQueue,
      boolean clientsChooseTids,
      boolean storeKnowsTheDead,
      boolean traced,
      Set<Safeguard> leftOut) {

    /** A plain world for scripts: fast, without races. */
    static Options plain(int raids, int backends) {
      return new Options(1, raids, backends, 2, 0, 0, 100, false, true, true, Set.of());
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
  private final Network network = new Network(this);
  private final SortedMap<String, RaidProcess> raids = new TreeMap<>();
  private SortedSet<BackendName> configured;
  private long numbers;
  private int starts;

  /** For faults. */
  Consumer<MembershipRecord> whenRecordChanges = record -> {};

  /** For faults: a RAID server is about to hear of something. */
  BiConsumer<RaidProcess, Event> beforeDelivery = (raid, event) -> {};

  /** How far the clock on the wall is off. */
  long wallSkewMillis;

  World(Options options) {
    this.options = options;
    scheduler = new Scheduler(options.seed(), options.latencyMillis());
    store = new ModelStore(this, options.storeKnowsTheDead());
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
    checkers.add(new HistoryIsAnnounced(this));
    checkers.add(new LegalMembership());
    checkers.add(new FreshStarts());
    for (int i = 1; i <= options.raids(); i++) {
      String slot = "raid" + i;
      raids.put(slot, newRaid(slot));
    }
  }

  static Tid later(Tid one, Tid other) {
    return one.isAfter(other) ? one : other;
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

  /** The RAID servers, each with its present process. */
  List<RaidProcess> raids() {
    return List.copyOf(raids.values());
  }

  /** The first of them. */
  RaidProcess raid() {
    return raid("raid1");
  }

  RaidProcess raid(String slot) {
    RaidProcess process = raids.get(slot);
    if (process == null) {
      throw new IllegalArgumentException("no RAID server " + slot);
    }
    return process;
  }

  /** The one that the record names as primary, if it runs. */
  Optional<RaidProcess> primary() {
    String id = store.record().map(MembershipRecord::primary).orElse("");
    return raids.values().stream().filter(raid -> raid.isUp() && raid.id.equals(id)).findFirst();
  }

  Wire.FarEnd farEnd(String slot) {
    return raid(slot).peers();
  }

  Network network() {
    return network;
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
      packed = later(packed, server.volume.packedTo());
    }
    return packed;
  }

  // The RAID servers.

  private RaidProcess newRaid(String slot) {
    Settings settings =
        new Settings(
            "1",
            slot + "-" + ++starts,
            slot,
            configured,
            2000,
            500,
            3000,
            500,
            3000,
            2000,
            5000,
            20_000,
            options.invalidationQueue(),
            true,
            0,
            0);
    return new RaidProcess(this, slot, settings, options.leftOut());
  }

  void start() {
    raids.values().forEach(RaidProcess::start);
  }

  /** Kills the first RAID server, if it runs, and starts a new one. */
  void restartRaid() {
    restart("raid1");
  }

  /** Kills a RAID server, if it runs, and starts a new one. */
  void restart(String slot) {
    if (raid(slot).isUp()) {
      raid(slot).crash();
    }
    RaidProcess fresh = newRaid(slot);
    raids.put(slot, fresh);
    fresh.start();
  }

  /** What the configuration names when a RAID server starts next. */
  void configure(SortedSet<BackendName> names) {
    configured = names;
  }

  /** Wishes something of the first RAID server. */
  void wish(AdminRequest what, Consumer<Effect.AnswerAdmin> then) {
    wish(raid(), what, then);
  }

  void wish(RaidProcess of, AdminRequest what, Consumer<Effect.AnswerAdmin> then) {
    if (of.isUp()) {
      long request = newRequest();
      wishes.put(request, then);
      of.deliver(new Event.AdminAsked(request, what));
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
    return newClient("");
  }

  /**
   * @param slot the RAID server that it connects to; empty if it takes any
   */
  ModelClient newClient(String slot) {
    ModelClient client = new ModelClient(this, "client" + (clients.size() + 1), slot);
    clients.add(client);
    return client;
  }

  /**
   * Connects a client to a RAID server that runs.
   *
   * @param slot which one; empty for any
   */
  @Nullable Session openSession(ModelClient client, String slot) {
    List<RaidProcess> running =
        raids.values().stream()
            .filter(raid -> raid.isUp() && (slot.isEmpty() || raid.slot.equals(slot)))
            .toList();
    if (running.isEmpty()) {
      return null;
    }
    RaidProcess process = running.get((int) scheduler.between(0, running.size()));
    Session session = new Session(scheduler, newRequest(), client, process);
    process.accept(session);
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

  boolean clientsChooseTids() {
    return options.clientsChooseTids();
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
    if (options.traced()) {
      trace.add(scheduler.now() + " " + what);
    }
  }

  void say(Supplier<String> what) {
    if (options.traced()) {
      say(what.get());
    }
  }

  List<String> trace() {
    return trace;
  }

  // What happens; the checkers are told.

  void recordChanged(MembershipRecord record) {
    say("record " + record);
    damage.recordChanged(record);
    whenRecordChanges.accept(record);
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

  void registers(ModelClient client) {
    checkers.forEach(c -> c.registers(client));
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

  void listed(ModelClient client, List<Tid> tids) {
    checkers.forEach(c -> c.listed(client, tids));
  }

  void iterated(ModelClient client, Tid start, Tid known, SortedMap<Tid, List<Oid>> transactions) {
    checkers.forEach(c -> c.iterated(client, start, known, transactions));
  }

  void oidsGiven(List<Oid> oids) {
    checkers.forEach(c -> c.oidsGiven(oids));
  }

  void end() {
    checkers.forEach(Checker::end);
  }
}
