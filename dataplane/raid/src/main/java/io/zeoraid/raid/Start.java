package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * R7, Start, without a record: only with every configured backend answering; those with the highest
 * last tid, equal in content at the tail, are in sync; the others lack transactions or have
 * diverged. Two that are not empty and have no common history: refuse, name both, change nothing.
 * (With a record: {@link FindPrimary}.)
 */
final class Start {
  private static final long AGAIN_MILLIS = 1000;

  private final Raid raid;
  private Scope scope = new Scope();

  Start(Raid raid) {
    this.raid = raid;
  }

  /**
   * There is no record.
   *
   * @param search ends when somebody else has made one
   */
  void firstEver(Scope search) {
    scope = search;
    first();
  }

  /** Whether one in-sync backend remains if these are the members. */
  static boolean keepsOneInSync(MembershipRecord record, SortedSet<BackendName> members) {
    return record.inSync().stream().anyMatch(members::contains);
  }

  // The first start ever.

  private void again(String why) {
    raid.waitFor(why);
    raid.after(AGAIN_MILLIS, scope.guard(() -> raid.findPrimary.run()));
  }

  private void first() {
    SortedMap<BackendName, Link> links = new TreeMap<>();
    Gather<BackendName, Link> gather = new Gather<>(raid.configured().size(), this::allAnswered);
    for (BackendName name : raid.configured()) {
      links.put(
          name,
          raid.links.open(
              name, raid.settings.connectMillis(), scope, link -> gather.put(name, link)));
    }
  }

  private void allAnswered(SortedMap<BackendName, Link> links) {
    SortedMap<BackendName, Tid> last = new TreeMap<>();
    List<String> silent = new ArrayList<>();
    links.forEach((name, link) -> {
      if (link.isUp()) {
        last.put(name, link.seen);
        raid.links.close(link, "asked");
      } else {
        silent.add(name + " (" + link.why + ")");
      }
    });
    if (!silent.isEmpty()) {
      again(
          "there is no membership record yet, so every backend must answer before the first start;"
              + " these don't: "
              + String.join(", ", silent));
      return;
    }
    BackendName leader = leader(last);
    new FirstLook(last, leader).compare(new ArrayList<>(last.keySet()));
  }

  private static BackendName leader(SortedMap<BackendName, Tid> last) {
    BackendName leader = last.firstKey();
    for (BackendName name : last.keySet()) {
      if (last.getOrDefault(name, Tid.NONE).isAfter(last.getOrDefault(leader, Tid.NONE))) {
        leader = name;
      }
    }
    return leader;
  }

  /** Compares each backend with the one that has most. */
  private final class FirstLook {
    private final SortedMap<BackendName, Tid> last;
    private final BackendName leader;
    private final SortedMap<BackendName, BackendState> states = new TreeMap<>();

    FirstLook(SortedMap<BackendName, Tid> last, BackendName leader) {
      this.last = last;
      this.leader = leader;
    }

    private Tid lastOf(BackendName name) {
      return last.getOrDefault(name, Tid.NONE);
    }

    void compare(List<BackendName> left) {
      if (left.isEmpty()) {
        create();
        return;
      }
      BackendName name = left.removeFirst();
      Tid tid = lastOf(name);
      if (name.equals(leader) || (tid.equals(Tid.NONE) && lastOf(leader).equals(Tid.NONE))) {
        states.put(name, BackendState.IN_SYNC);
        compare(left);
      } else if (tid.equals(Tid.NONE)) {
        states.put(name, new BackendState.Out(OutReason.MISSING, "it is empty"));
        compare(left);
      } else {
        Contents.compare(raid, leader, name, tid, comparison -> compared(name, comparison, left));
      }
    }

    private void compared(
        BackendName name, Contents.Comparison comparison, List<BackendName> left) {
      Tid tid = lastOf(name);
      switch (comparison) {
        case Contents.Comparison.Same same -> {
          states.put(
              name,
              tid.equals(lastOf(leader))
                  ? BackendState.IN_SYNC
                  : new BackendState.Out(
                      OutReason.MISSING,
                      "its last transaction is " + tid + ", " + leader + " has " + lastOf(leader)));
          compare(left);
        }
        case Contents.Comparison.Unknown unknown ->
            again(
                "cannot compare the last transaction of "
                    + name
                    + " with "
                    + leader
                    + ": "
                    + unknown.why());
        case Contents.Comparison.Different different -> {
          if (tid.equals(lastOf(leader))) {
            raid.halt(
                "the backends "
                    + leader
                    + " and "
                    + name
                    + " differ in their last transaction "
                    + tid
                    + " and nobody knows which is right: empty one of them");
          } else {
            commonHistory(name, left);
          }
        }
      }
    }

    /** They have a common history if the first transaction of one is in the other. */
    private void commonHistory(BackendName name, List<BackendName> left) {
      FirstTransaction.from(
          raid,
          name,
          null,
          first -> {
            if (first.isEmpty() || first.get().equals(Tid.NONE)) {
              again("cannot read the first transaction of " + name);
            } else {
              Contents.compare(
                  raid, leader, name, first.get(), comparison -> judged(name, comparison, left));
            }
          });
    }

    private void judged(BackendName name, Contents.Comparison comparison, List<BackendName> left) {
      switch (comparison) {
        case Contents.Comparison.Same same -> {
          states.put(
              name,
              new BackendState.Out(
                  OutReason.DIVERGED,
                  "its last transaction "
                      + lastOf(name)
                      + " is not in the log of "
                      + leader
                      + "; it needs a fresh volume"));
          compare(left);
        }
        case Contents.Comparison.Unknown unknown ->
            again(
                "cannot compare the first transaction of "
                    + name
                    + " with "
                    + leader
                    + ": "
                    + unknown.why());
        case Contents.Comparison.Different different ->
            raid.halt(
                "the backends "
                    + leader
                    + " and "
                    + name
                    + " hold different databases: they have no common history. Nothing was changed;"
                    + " empty the one that is not wanted, or take it out of the configuration");
      }
    }

    private void create() {
      raid.membership.create(
          MembershipRecord.first(states, Tid.NONE),
          made -> {
            if (made) {
              raid.info("first start: " + describe());
            }
            raid.findPrimary.run();
          });
    }

    private String describe() {
      List<String> parts = new ArrayList<>();
      states.forEach((name, state) -> parts.add(name + " " + state.word()));
      return String.join(", ", parts);
    }
  }
}
