package io.zeoraid.raid;

import io.zeoraid.raid.membership.Heartbeat;
import io.zeoraid.raid.membership.MembershipRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * R1, its first half: who is primary? A server follows the primary that the record names. If there
 * is none, or it can't be reached <i>and</i> its heartbeat stands still for the time-out, the
 * server writes itself as primary by compare-and-set, after a random delay, shorter if it reaches
 * all in-sync backends. It must reach at least one. One that reads itself as primary takes over
 * ({@link TakeOver}).
 *
 * <p>It is at work while this server has no primary; and looks at the record now and then while it
 * has, for a watch may miss something.
 */
final class FindPrimary {
  private static final long RETRY_MILLIS = 200;
  private static final long AGAIN_MILLIS = 1000;

  /** So long a candidate waits for slower backends once the first one has answered. */
  private static final long GRACE_MILLIS = 300;

  /**
   * So that of several candidates most find the record written; which one it is does not matter.
   */
  private static final long DELAY_MILLIS = 10;

  private static final long LONGER_DELAY_MILLIS = 300;

  private final Raid raid;

  /** The search under way. */
  private Scope scope = new Scope();

  private @Nullable Link connecting;

  /** Connections by which a candidate finds out which backends it reaches. */
  private final List<Link> probing = new ArrayList<>();

  /** The primary that was looked for last; said once. */
  private String sought = "";

  /** The primary that the search under way wants to follow; empty if none. */
  private String wanted = "";

  /** The heartbeat that was seen when the primary could not be reached, and since when. */
  private String suspected = "";

  private @Nullable Heartbeat seen;
  private long seenSince;

  FindPrimary(Raid raid) {
    this.raid = raid;
  }

  /** Begins anew. */
  void run() {
    stop();
    scope = new Scope();
    look();
  }

  private void look() {
    raid.membership.read(
        scope,
        known -> {
          if (known) {
            found(raid.membership.record());
          } else {
            raid.start.firstEver(scope);
          }
        });
  }

  /** The search is over: there is a primary. */
  void stop() {
    scope.end();
    wanted = "";
    String why = "the search for the primary has ended";
    raid.links.close(connecting, why);
    connecting = null;
    probing.forEach(link -> raid.links.close(link, why));
    probing.clear();
  }

  private void again(long millis) {
    raid.after(millis, scope.guard(this::run));
  }

  /** The record is another one, while this server has no primary. */
  void recordChanged(MembershipRecord record) {
    if (!wanted.isEmpty() && !wanted.equals(record.primary())) {
      run();
    }
  }

  private void found(MembershipRecord record) {
    if (record.primary().equals(raid.settings.server())) {
      raid.takeOffice();
    } else if (record.primary().isEmpty()) {
      candidate(record);
    } else {
      follow(record);
    }
  }

  // Following.

  private void follow(MembershipRecord record) {
    wanted = record.primary();
    if (!sought.equals(record.primary())) {
      sought = record.primary();
      raid.waitFor("looking for the primary " + record.primary() + " at " + record.address());
    }
    watchTheRecord(scope);
    // What is seen of it now counts if the primary turns out to be unreachable.
    raid.membership.heartbeat(scope, now -> noteHeartbeat(record, now), unreadable -> {});
    Scope following = new Scope();
    connecting =
        Following.begin(
            raid,
            record.primary(),
            record.address(),
            following,
            outcome -> {
              if (scope.isOver()) {
                return;
              }
              switch (outcome) {
                case Following.Outcome.Followed yes -> {
                  connecting = null;
                  suspected = "";
                  sought = "";
                  stop();
                  raid.primaryFound(yes.following());
                  watchTheRecord(yes.following().scope());
                }
                case Following.Outcome.Unreachable no -> suspect(record, no.why());
                case Following.Outcome.Refused no -> suspect(record, no.why());
              }
            });
  }

  /** A watch may be late, or miss something; and who is cut off from a primary may not notice. */
  private void watchTheRecord(Scope within) {
    raid.after(
        raid.settings.checkMillis(),
        within.guard(() -> raid.membership.read(within, known -> watchTheRecord(within))));
  }

  /** The primary can't be reached. Is it dead, or only cut off from here? */
  private void suspect(MembershipRecord record, String why) {
    raid.waitFor("the primary " + record.primary() + " can't be followed: " + why);
    raid.membership.heartbeat(
        scope,
        now -> {
          boolean moved = noteHeartbeat(record, now);
          long patience =
              now instanceof Heartbeat.Silent ? RETRY_MILLIS : 2 * raid.settings.heartbeatMillis();
          if (raid.now.millis() - seenSince >= patience) {
            candidate(record);
          } else {
            again(moved ? AGAIN_MILLIS : RETRY_MILLIS);
          }
        },
        unreadable -> again(AGAIN_MILLIS));
  }

  /**
   * A former primary, which does not know of its successor yet, may still beat: that is no sign of
   * life of the successor, which may have died before its first beat.
   */
  private static Heartbeat of(String primary, Heartbeat read) {
    return read instanceof Heartbeat.Beating beating && !beating.primary().equals(primary)
        ? new Heartbeat.Beating(primary, "")
        : read;
  }

  /** Notes it, and tells whether the heart of this primary was seen to beat. */
  private boolean noteHeartbeat(MembershipRecord record, Heartbeat read) {
    Heartbeat now = of(record.primary(), read);
    boolean known = suspected.equals(record.primary());
    if (known && now.equals(seen)) {
      return false;
    }
    suspected = record.primary();
    seen = now;
    seenSince = raid.now.millis();
    return known;
  }

  // Making itself primary.

  private void candidate(MembershipRecord record) {
    wanted = record.primary();
    SortedSet<BackendName> configured = raid.configured();
    if (raid.isRetiring()) {
      again(RETRY_MILLIS);
    } else if (!Start.keepsOneInSync(record, configured)) {
      raid.explain(
          "the configuration names the backends "
              + configured
              + ", but in sync are "
              + record.inSync()
              + ": without them all data would be lost. Put one of them back into the"
              + " configuration");
      again(AGAIN_MILLIS);
    } else {
      new Probes(record).begin();
    }
  }

  /** Whether the in-sync backends can be reached from here. */
  private final class Probes {
    private final MembershipRecord record;
    private final Map<BackendName, Link> links = new LinkedHashMap<>();
    private final List<String> troubles = new ArrayList<>();
    private int reached;
    private boolean over;

    Probes(MembershipRecord record) {
      this.record = record;
    }

    void begin() {
      for (BackendName name : record.inSync()) {
        Link link =
            raid.links.open(
                name, raid.settings.connectMillis(), scope, opened -> answered(name, opened));
        links.put(name, link);
        probing.add(link);
      }
    }

    private void answered(BackendName name, Link link) {
      if (over) {
        return;
      }
      if (link.isUp()) {
        reached++;
        if (reached == 1 && links.size() > 1) {
          raid.after(GRACE_MILLIS, scope.guard(this::decide));
        }
      } else {
        troubles.add(name + ": " + link.why);
      }
      if (reached + troubles.size() == links.size()) {
        decide();
      }
    }

    private void decide() {
      if (over) {
        return;
      }
      over = true;
      links.values().forEach(link -> raid.links.close(link, "reached"));
      if (reached == 0) {
        raid.explain("no in-sync backend can be reached: " + String.join("; ", troubles));
        again(AGAIN_MILLIS);
        return;
      }
      long delay =
          reached == links.size()
              ? raid.now.upTo(DELAY_MILLIS)
              : LONGER_DELAY_MILLIS + raid.now.upTo(LONGER_DELAY_MILLIS);
      raid.after(delay, scope.guard(this::write));
    }

    /** Whoever is first makes it; the others follow. */
    private void write() {
      Scope mine = scope;
      raid.membership.change(
          now ->
              mine.isOver() || raid.isRetiring() || !now.primary().equals(record.primary())
                  ? Optional.empty()
                  : Optional.of(now.takenOverBy(raid.settings.server(), raid.settings.address())),
          mine.guard(made -> run()));
    }
  }
}
