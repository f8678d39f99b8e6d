package io.zeoraid.raid;

import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What the rules share: the parts of one RAID in one server, the way to the outside, and the
 * agenda, by which a continuation never runs inside the one that set it off. Confined to the thread
 * that steps the core.
 */
final class Raid {
  final Settings settings;
  final Links links;
  final Membership membership;
  final Announcements announcements;
  final CommitLock lock;
  final Tids tids = new Tids();
  final Office office;
  final PutOut putOut;
  final TakeOver takeOver;
  final Start start;
  final Proof proof;
  final Commit commit;
  final Announce announce;
  final Read read;
  final Oids oids;
  final Watch watch;
  final Recover recover;
  final Pack pack;
  final Admin admin;
  final StatusReport statusReport;

  /** For people: what the RAID waits for, or why it refuses; empty if it serves. */
  String detail = "starting";

  /** Nothing goes on any more: a person must decide. */
  boolean halted;

  Now now = new Now(0, 0);

  private final Set<Safeguard> leftOut;

  private final Deque<Runnable> agenda = new ArrayDeque<>();
  private final Map<Long, Runnable> timers = new HashMap<>();
  private Consumer<Effect> out = effect -> {};
  private long number;
  private boolean statusIsNew = true;

  /**
   * @param leftOut safeguards that a test leaves out; always empty in production
   */
  Raid(Settings settings, Set<Safeguard> leftOut) {
    this.settings = settings;
    this.leftOut = Set.copyOf(leftOut);
    links = new Links(this);
    membership = new Membership(this);
    announcements = new Announcements(settings.invalidationQueue());
    lock = new CommitLock(this);
    office = new Office(this);
    putOut = new PutOut(this);
    takeOver = new TakeOver(this);
    start = new Start(this);
    proof = new Proof(this);
    commit = new Commit(this);
    announce = new Announce(this);
    read = new Read(this);
    oids = new Oids(this);
    watch = new Watch(this);
    recover = new Recover(this);
    pack = new Pack(this);
    admin = new Admin(this);
    statusReport = new StatusReport(this);
  }

  /** Whether this safeguard is kept; only a test leaves one out. */
  boolean keeps(Safeguard safeguard) {
    return !leftOut.contains(safeguard);
  }

  // The way out.

  void begin(Now time, Consumer<Effect> effects) {
    now = time;
    out = effects;
  }

  void emit(Effect effect) {
    out.accept(effect);
  }

  /** A number for a connection, call, timer, or request; never twice. */
  long newNumber() {
    return ++number;
  }

  void later(Runnable continuation) {
    agenda.add(continuation);
  }

  /** Runs what is due, until nothing is. */
  void settle() {
    for (Runnable next = agenda.poll(); next != null; next = agenda.poll()) {
      next.run();
    }
    if (statusIsNew) {
      statusIsNew = false;
      emit(new Effect.StatusChanged(statusReport.make()));
    }
  }

  /** Runs this after some time; the number cancels it. */
  long after(long millis, Runnable then) {
    long timer = newNumber();
    timers.put(timer, then);
    emit(new Effect.StartTimer(timer, millis));
    return timer;
  }

  void cancel(long timer) {
    if (timers.remove(timer) != null) {
      emit(new Effect.CancelTimer(timer));
    }
  }

  void timerFired(long timer) {
    Runnable then = timers.remove(timer);
    if (then != null) {
      then.run();
    }
  }

  // People.

  void info(String text) {
    emit(new Effect.Note(Effect.Note.Level.INFO, text));
  }

  void warn(String text) {
    emit(new Effect.Note(Effect.Note.Level.WARN, text));
  }

  void error(String text) {
    emit(new Effect.Note(Effect.Note.Level.ERROR, text));
  }

  void statusChanged() {
    statusIsNew = true;
  }

  /** Why the RAID does not serve; empty if it does. Said once in the log. */
  void explain(String text) {
    if (!detail.equals(text)) {
      detail = text;
      if (!text.isEmpty()) {
        warn(text);
      }
      statusChanged();
    }
  }

  /** Nothing more is decided until a person has looked: to go on would be to guess. */
  void halt(String why) {
    if (!halted) {
      halted = true;
      office.newTerm();
      detail = why;
      error(why);
      emit(new Effect.DropAllClients(why));
      statusChanged();
    }
  }

  // The record.

  /** The record is another one: one line for each backend whose state changed. */
  void recordChanged(Optional<MembershipRecord> before, MembershipRecord after) {
    SortedMap<BackendName, BackendState> was =
        before.map(MembershipRecord::backends).orElseGet(TreeMap::new);
    after
        .backends()
        .forEach((name, state) -> {
          BackendState old = was.get(name);
          if (!state.equals(old)) {
            noteChange(name, old == null ? "unknown" : old.word(), state, after.epoch());
          }
        });
    was.keySet().stream()
        .filter(name -> !after.backends().containsKey(name))
        .forEach(
            name -> info("backend " + name + " is no longer a member, epoch " + after.epoch()));
    if (before.isPresent()
        && before.get().primary().equals(settings.server())
        && !after.primary().equals(settings.server())) {
      halt(
          "the membership record names another primary ("
              + after.primary()
              + "); this server stops serving. Several servers on one record are not supported yet");
      return;
    }
    was.keySet().stream()
        .filter(name -> !after.isInSync(name))
        .forEach(name -> office.close(name, "it is out of sync"));
    read.viewChanged();
    recover.wake();
    statusChanged();
  }

  private void noteChange(BackendName name, String from, BackendState state, long epoch) {
    String line = "backend " + name + ": " + from + " -> " + state.word() + ", epoch " + epoch;
    switch (state) {
      case BackendState.Out out -> warn(line + ": " + out.text());
      case BackendState.InSync inSync -> info(line);
      case BackendState.Recovering recovering -> info(line);
    }
  }
}
