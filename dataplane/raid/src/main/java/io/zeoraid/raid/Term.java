package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * This server's time as primary: from the moment at which the record names it to the moment at
 * which it steps down (R1). Everything that only a primary does belongs to it and ends with it: its
 * connections are closed, for a forgotten vote would lock out the successor, and whatever one of
 * its rules still waits for is dropped when it comes.
 */
final class Term implements Role.WithPrimary {
  final Raid raid;
  final Scope scope = new Scope();
  final CommitLock lock;
  final Office office;
  final PutOut putOut;
  final TakeOver takeOver;
  final Resume resume;
  final Commit commit;
  final Watch watch;
  final Recover recover;
  final Pack pack;
  final Followers followers;
  final OidBlocks oids;

  /** Since when no in-sync backend could be reached. */
  private long cutOffSince = Long.MAX_VALUE;

  private boolean resigning;

  private final Set<Link> links = new LinkedHashSet<>();

  Term(Raid raid) {
    this.raid = raid;
    lock = new CommitLock(this);
    office = new Office(this);
    putOut = new PutOut(this);
    takeOver = new TakeOver(this);
    resume = new Resume(this);
    commit = new Commit(this);
    watch = new Watch(this);
    recover = new Recover(this);
    pack = new Pack(this);
    followers = new Followers(this);
    oids = new OidBlocks(this);
  }

  // Its course.

  /** Takes over, and then makes the members those that the configuration names. */
  void begin() {
    beat();
    lock.acquire(() ->
        takeOver.run(() -> {
          SortedSet<BackendName> configured = raid.configured();
          if (configured.equals(record().backends().keySet())) {
            ready();
          } else {
            change(
                record ->
                    Start.keepsOneInSync(record, configured)
                        ? Optional.of(record.withMembers(configured))
                        : Optional.empty(),
                made -> ready());
          }
        }));
  }

  private void ready() {
    lock.release();
    watch.start();
  }

  private void beat() {
    raid.emit(new Effect.Beat());
    after(raid.settings.heartbeatMillis(), this::beat);
  }

  /** The end: nothing of it goes on. */
  void end(String why) {
    scope.end();
    office.serving = false;
    raid.emit(new Effect.EndBeats());
    if (raid.keeps(Safeguard.CLOSE_AT_STEP_DOWN)) {
      List.copyOf(links).forEach(link -> raid.links.close(link, why));
    }
    links.clear();
    followers.end(why);
    pack.end();
  }

  /**
   * Gives up the office, so that another server takes over. What is being finished meanwhile is in
   * doubt until the next primary has looked into the logs.
   *
   * @param stillWanted asked again whenever the change is sent: the reason may be gone by then
   * @param otherwise what to do if it did not come to that
   */
  void resign(String why, BooleanSupplier stillWanted, Runnable otherwise) {
    if (resigning) {
      return;
    }
    resigning = true;
    raid.info("this server gives up its office as primary: " + why);
    change(
        record ->
            stillWanted.getAsBoolean() ? Optional.of(record.withoutPrimary()) : Optional.empty(),
        made -> {
          resigning = false;
          otherwise.run();
        });
  }

  /**
   * Whether no in-sync backend was reached for the time-out.
   *
   * @param reached whether one was just now
   */
  boolean isCutOff(boolean reached) {
    if (reached) {
      cutOffSince = Long.MAX_VALUE;
    } else {
      cutOffSince = Math.min(cutOffSince, raid.now.millis());
    }
    return !reached && raid.now.millis() - cutOffSince >= raid.settings.connectMillis();
  }

  boolean isStillCutOff() {
    return cutOffSince != Long.MAX_VALUE;
  }

  void recordChanged() {
    MembershipRecord now = record();
    office.keepOnly(now.inSync());
    raid.changeView(View.of(now));
    if (raid.keeps(Safeguard.VIEW_FIRST)) {
      followers.tellView(raid.view());
    } else {
      after(5000, () -> followers.tellView(raid.view()));
    }
    recover.wake();
  }

  @Override
  public Passage vote(Transaction transaction, boolean again, Consumer<Passage.Vote> voted) {
    return commit.vote(transaction, again, voted);
  }

  /** R2.1: chooses a tid later than that one, and than any that this process ever chose. */
  Tid chooseTid(Tid last) {
    return raid.tids.choose(raid.now, last, number());
  }

  /** As {@link #chooseTid}, but close behind that one, whatever the time of day. */
  Tid chooseTidBehind(Tid last) {
    return raid.tids.chooseBehind(last, number());
  }

  private int number() {
    return raid.keeps(Safeguard.NUMBERED_TIDS) ? record().number() : 0;
  }

  // What its rules use, instead of what the server has: all of it ends with the term.

  MembershipRecord record() {
    return raid.membership.record();
  }

  /** Runs this after some time; the number cancels it. */
  long after(long millis, Runnable then) {
    return raid.after(millis, scope.guard(then));
  }

  /** Opens a connection to a backend; it is closed at the end of the term, at the latest. */
  Link open(BackendName backend, long millis, Consumer<Link> opened) {
    Link link = raid.links.open(backend, millis, scope, opened);
    links.removeIf(old -> old.state == Link.State.CLOSED);
    links.add(link);
    return link;
  }

  /** Reads the record; had it named another primary, the term would be over. */
  void read(Scope within, Runnable then) {
    raid.membership.read(within, known -> then.run());
  }

  void change(Function<MembershipRecord, Optional<MembershipRecord>> next, Consumer<Boolean> done) {
    raid.membership.change(
        record -> scope.isOver() ? Optional.empty() : next.apply(record), scope.guard(done));
  }

  /**
   * Notes what is known to be committed by now. The fresher the record's {@code lastTid}, the more
   * it can tell about a volume that was replaced.
   *
   * @param done is called in any case
   */
  void noteLastTid(Runnable done) {
    change(
        record ->
            raid.announcements.lastWithRecords().isAfter(record.lastTid())
                ? Optional.of(record)
                : Optional.empty(),
        made -> done.run());
  }
}
