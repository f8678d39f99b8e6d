package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the rules share: the parts of one RAID in one server that are there whoever is primary, this
 * server's role, the way to the outside, and the agenda, by which a continuation never runs inside
 * the one that set it off. Confined to the thread that steps the core.
 */
final class Raid {
  final Settings settings;
  final Links links;
  final Membership membership;
  final Announcements announcements;
  final CachedRecords cached;
  final Tids tids = new Tids();
  final Start start;
  final FindPrimary findPrimary;
  final Proof proof;
  final ClientTransactions clientTransactions;
  final Announce announce;
  final Read read;
  final Browse browse;
  final Oids oids;
  final Admin admin;
  final ClientPacks clientPacks;
  final MissedChanges missedChanges;
  final StatusReport statusReport;

  /** For people: what the RAID waits for, or why it refuses; empty if it serves. */
  String detail = "starting";

  /** Whether {@link #detail} says that what was committed may be lost. */
  boolean dataLossSuspected;

  /** Nothing goes on any more: a person must decide. */
  boolean halted;

  /** Whether something was found wrong since this server served last, or since it has started. */
  private boolean troubled;

  Now now = new Now(0, 0, 0);

  private final Set<Safeguard> leftOut;

  private final Deque<Runnable> agenda = new ArrayDeque<>();
  private final Map<Long, Runnable> timers = new HashMap<>();
  private Consumer<Effect> out = effect -> {};
  private Role role = new Role.Seeking();
  private View view = View.NOTHING;
  private SortedSet<BackendName> configured;
  private long lockMillis;
  private boolean retiring;
  private boolean leaving;
  private long number;
  private boolean statusIsNew = true;

  /**
   * @param leftOut safeguards that a test leaves out; always empty in production
   */
  Raid(Settings settings, RecordCache cache, Set<Safeguard> leftOut) {
    this.settings = settings;
    this.leftOut = Set.copyOf(leftOut);
    configured = settings.backends();
    lockMillis = settings.lockMillis();
    links = new Links(this);
    membership = new Membership(this);
    announcements = new Announcements(settings.invalidationQueue());
    cached = new CachedRecords(this, cache);
    start = new Start(this);
    findPrimary = new FindPrimary(this);
    proof = new Proof(this);
    clientTransactions = new ClientTransactions(this);
    announce = new Announce(this);
    read = new Read(this);
    browse = new Browse(this);
    oids = new Oids(this);
    admin = new Admin(this);
    clientPacks = new ClientPacks(this);
    missedChanges = new MissedChanges(this);
    statusReport = new StatusReport(this);
  }

  /** Whether this safeguard is kept; only a test leaves one out. */
  boolean keeps(Safeguard safeguard) {
    return !leftOut.contains(safeguard);
  }

  // The role.

  Role role() {
    return role;
  }

  /** This server's term as primary; null if it is not. */
  @Nullable Term term() {
    return role instanceof Term term ? term : null;
  }

  /** Whether transactions can be committed, as far as this server knows. */
  boolean canCommit() {
    return switch (role) {
      case Role.Seeking seeking -> false;
      case Following following -> following.canCommit();
      case Term term -> term.office.serving && detail.isEmpty();
    };
  }

  /** The record names this server as primary. */
  void takeOffice() {
    if (role instanceof Term) {
      return;
    }
    leaveRole("this server is primary now");
    Term term = new Term(this);
    role = term;
    info(
        "this server is primary, epoch "
            + membership.record().epoch()
            + ", number "
            + membership.record().number());
    term.recordChanged();
    term.begin();
    roleChanged();
  }

  /** The primary has answered, and what it said of the past has been announced. */
  void primaryFound(Following following) {
    role = following;
    info("following the primary " + following.primary);
    explain("");
    clientTransactions.primaryFound();
    roleChanged();
  }

  /** The primary that this server follows is lost. */
  void primaryLost(Following following, String why) {
    if (role == following) {
      warn("the primary " + following.primary + " is lost: " + why);
      seek(why);
    }
  }

  private void seek(String why) {
    leaveRole(why);
    waitFor("without a primary: " + why);
    roleChanged();
    findPrimary.run();
    if (leaving) {
      emit(new Effect.Left());
    }
  }

  private void leaveRole(String why) {
    findPrimary.stop();
    Role before = role;
    admin.roleEnds(why);
    clientPacks.roleEnds(why);
    role = new Role.Seeking();
    switch (before) {
      case Role.Seeking seeking -> {}
      case Following following -> following.end(why);
      case Term term -> term.end(why);
    }
    clientTransactions.primaryLost();
  }

  private void roleChanged() {
    read.viewChanged();
    proof.roleChanged();
    oids.roleChanged();
    statusChanged();
  }

  boolean isRetiring() {
    return retiring;
  }

  /** This server is going to stop. Another one becomes primary, if there is another. */
  void retire() {
    retiring = true;
    if (role instanceof Term term && !term.followers.isEmpty()) {
      term.resign("it is going to stop", this::isRetiring, () -> {});
    }
  }

  /** This server stops now; whoever comes next need not wait for its heartbeat to stand still. */
  void leave() {
    retiring = true;
    leaving = true;
    if (role instanceof Term term) {
      term.resign("it stops", this::isRetiring, () -> emit(new Effect.Left()));
    } else {
      emit(new Effect.Left());
    }
  }

  /** The backends that the configuration names. */
  SortedSet<BackendName> configured() {
    return configured;
  }

  /** How long the backends' locks may be held for one transaction (R2.5). */
  long lockMillis() {
    return lockMillis;
  }

  void configure(AdminRequest.Reload reload) {
    configured = reload.backends();
    lockMillis = reload.lockMillis();
    statusChanged();
  }

  // The view.

  View view() {
    return view;
  }

  void changeView(View now) {
    if (!view.equals(now)) {
      view = now;
      read.viewChanged();
      statusChanged();
    }
  }

  /**
   * What this server has announced must reach up to here, or it has missed some: then its clients
   * must begin anew.
   */
  void missed(Tid after) {
    if (announcements.last().equals(Tid.NONE)) {
      announcements.beginAfter(after);
    } else if (after.isAfter(announcements.last())) {
      String why =
          "what was committed between "
              + announcements.last()
              + " and "
              + after
              + " is no longer known to the primary";
      warn(why + "; clients have to connect anew");
      emit(new Effect.DropAllClients(why));
      clientTransactions.forgetAll();
      announcements.beginAfter(after);
      read.announcementsMissed();
    }
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

  /** What is wrong, so that the RAID does not serve; empty if it serves. Said once in the log. */
  void explain(String text) {
    troubled = !text.isEmpty();
    explain(text, false);
  }

  /**
   * What this server waits for before it serves; nothing is wrong with the RAID, as far as it
   * knows. What was found wrong before counts until it serves again: else its state would go to and
   * fro with each new attempt.
   */
  void waitFor(String text) {
    explain(text, false);
  }

  /** Whether this server, if it does not serve, knows of nothing that is wrong. */
  boolean isWaiting() {
    return !troubled && !halted;
  }

  /** Says that what was committed may be lost: nothing is served until a person has decided. */
  void suspectDataLoss(String text) {
    troubled = true;
    explain(text, true);
  }

  private void explain(String text, boolean loss) {
    if (!detail.equals(text) || dataLossSuspected != loss) {
      detail = text;
      dataLossSuspected = loss;
      if (!text.isEmpty()) {
        warn(text);
      }
      statusChanged();
      if (role instanceof Term term) {
        term.followers.tellView(view);
      }
    }
  }

  /** Nothing more is decided until a person has looked: to go on would be to guess. */
  void halt(String why) {
    if (!halted) {
      halted = true;
      findPrimary.stop();
      detail = why;
      error(why);
      emit(new Effect.DropAllClients(why));
      statusChanged();
    }
  }

  // The record.

  /** The record is another one: one line for each backend whose state changed. */
  void recordChanged(Optional<MembershipRecord> before, MembershipRecord after) {
    note(before.map(MembershipRecord::backends).orElseGet(TreeMap::new), after);
    statusChanged();
    boolean isMine = after.primary().equals(settings.server());
    switch (role) {
      case Term term -> {
        if (isMine) {
          term.recordChanged();
        } else {
          warn("this server steps down: the record names " + named(after) + " as primary");
          seek("the record names " + named(after) + " as primary");
        }
      }
      case Following following -> {
        if (!after.primary().equals(following.primary)) {
          seek("the record names " + named(after) + " as primary");
        }
      }
      case Role.Seeking seeking -> {
        if (isMine) {
          takeOffice();
        } else {
          findPrimary.recordChanged(after);
        }
      }
    }
  }

  private static String named(MembershipRecord record) {
    return record.primary().isEmpty() ? "nobody" : record.primary();
  }

  private void note(SortedMap<BackendName, BackendState> was, MembershipRecord after) {
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
  }

  private void noteChange(BackendName name, String from, BackendState state, long epoch) {
    String line = "backend " + name + ": " + from + " -> " + state.word() + ", epoch " + epoch;
    switch (state) {
      case BackendState.Out gone -> warn(line + ": " + gone.text());
      case BackendState.InSync inSync -> info(line);
      case BackendState.Recovering recovering -> info(line);
    }
  }
}
