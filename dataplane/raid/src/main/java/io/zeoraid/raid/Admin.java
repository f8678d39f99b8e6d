package io.zeoraid.raid;

import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The wishes of administrators and the operator: granted only if nothing can be lost by it, and
 * refused in words otherwise.
 */
final class Admin {
  private final Raid raid;

  Admin(Raid raid) {
    this.raid = raid;
  }

  void asked(long request, AdminRequest what) {
    if (!raid.membership.isKnown()) {
      refuse(request, "the RAID has not started yet: " + raid.detail);
      return;
    }
    if (!raid.office.serving) {
      refuse(request, "nothing can be changed now, for the RAID does not serve: " + raid.detail);
      return;
    }
    switch (what) {
      case AdminRequest.Disable disable -> disable(request, disable.backend());
      case AdminRequest.Recover recover -> recover(request, recover.backend());
      case AdminRequest.Reload reload -> reload(request, reload.backends());
      case AdminRequest.Pack pack -> raid.pack.pack(request, pack.secondsSince1970());
    }
  }

  private void grant(long request, String text) {
    raid.emit(new Effect.AnswerAdmin(request, true, text));
  }

  private void refuse(long request, String text) {
    raid.emit(new Effect.AnswerAdmin(request, false, text));
  }

  private Optional<BackendState> stateOf(long request, BackendName name) {
    BackendState state = raid.membership.record().backends().get(name);
    if (state == null) {
      refuse(
          request,
          "there is no backend "
              + name
              + "; there are "
              + raid.membership.record().backends().keySet());
    }
    return Optional.ofNullable(state);
  }

  private void disable(long request, BackendName name) {
    stateOf(request, name)
        .ifPresent(state -> {
          if (isDisabled(raid.membership.record(), name)) {
            grant(request, "backend " + name + " is disabled already");
          } else {
            // Between two commits: one that is voted everywhere is not torn out of its locks.
            raid.lock.acquire(() -> disableBetweenCommits(request, name));
          }
        });
  }

  private void disableBetweenCommits(long request, BackendName name) {
    raid.recover.unwish(name);
    ifSafeWithout(
        Set.of(name),
        safe ->
            raid.membership.change(
                record -> safe ? disabled(record, name) : Optional.empty(),
                made -> {
                  raid.lock.release();
                  if (made || isDisabled(raid.membership.record(), name)) {
                    grant(request, "backend " + name + " is disabled");
                  } else {
                    refuse(
                        request,
                        "backend "
                            + name
                            + " can't be disabled: no other backend is in sync and connected");
                  }
                }));
  }

  /**
   * R4's condition, when somebody wishes that members go: judged by what the others show now.
   * Between two commits.
   */
  private void ifSafeWithout(Set<BackendName> leaving, Consumer<Boolean> then) {
    SortedSet<BackendName> inSync = raid.membership.record().inSync();
    SortedSet<BackendName> staying = new TreeSet<>(inSync);
    staying.removeAll(leaving);
    if (staying.equals(inSync)) {
      then.accept(true);
      return;
    }
    raid.office.connectAll(
        staying,
        links -> {
          Gather<BackendName, Answer> gather =
              new Gather<>(links.size(), answers -> then.accept(isSafe(inSync, leaving, answers)));
          links.forEach(
              (name, link) -> raid.links.lastTransaction(link, answer -> gather.put(name, answer)));
        });
  }

  private boolean isSafe(
      SortedSet<BackendName> inSync,
      Set<BackendName> leaving,
      SortedMap<BackendName, Answer> answers) {
    SortedMap<BackendName, Tid> shown = new TreeMap<>();
    answers.forEach((name, answer) -> {
      if (answer instanceof Answer.Value(Object value)) {
        shown.put(name, Results.tid(value));
      }
    });
    return PutOut.isSafe(
        inSync, leaving, shown, raid.office.last, name -> raid.office.link(name) != null);
  }

  private static boolean isDisabled(MembershipRecord record, BackendName name) {
    return record.backends().get(name) instanceof BackendState.Out out
        && out.reason() == OutReason.DISABLED;
  }

  private static Optional<MembershipRecord> disabled(MembershipRecord record, BackendName name) {
    if (!record.backends().containsKey(name)
        || isDisabled(record, name)
        || record.inSync().equals(Set.of(name))) {
      return Optional.empty();
    }
    return Optional.of(
        record.with(
            Map.of(name, new BackendState.Out(OutReason.DISABLED, OutReason.DISABLED.sentence()))));
  }

  private void recover(long request, BackendName name) {
    stateOf(request, name)
        .ifPresent(state -> {
          switch (state) {
            case BackendState.InSync inSync ->
                grant(request, "backend " + name + " is in sync already");
            case BackendState.Recovering recovering ->
                grant(request, "backend " + name + " is being recovered already");
            case BackendState.Out out -> {
              raid.recover.wish(name);
              grant(request, "backend " + name + " will be recovered");
            }
          }
        });
  }

  private void reload(long request, SortedSet<BackendName> members) {
    if (members.equals(raid.membership.record().backends().keySet())) {
      grant(request, "the backends are the same as before");
      return;
    }
    raid.lock.acquire(() -> reloadBetweenCommits(request, members));
  }

  private void reloadBetweenCommits(long request, SortedSet<BackendName> members) {
    Set<BackendName> leaving = new TreeSet<>(raid.membership.record().backends().keySet());
    leaving.removeAll(members);
    ifSafeWithout(
        leaving,
        safe ->
            raid.membership.change(
                record ->
                    safe && Start.keepsOneInSync(record, members)
                        ? Optional.of(record.withMembers(members))
                        : Optional.empty(),
                made -> {
                  raid.lock.release();
                  if (made) {
                    grant(request, "the backends are now " + members);
                  } else {
                    refuse(
                        request,
                        "refused: none of "
                            + members
                            + " is in sync and connected; that could lose data. In sync are "
                            + raid.membership.record().inSync());
                  }
                }));
  }
}
