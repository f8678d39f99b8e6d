package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import java.util.List;
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
  private static final String PACKED = "packed all backends";

  private final Raid raid;

  /** Wishes that were not answered yet. */
  private final SortedSet<Long> open = new TreeSet<>();

  Admin(Raid raid) {
    this.raid = raid;
  }

  void asked(long request, AdminRequest what) {
    open.add(request);
    if (!raid.membership.isKnown()) {
      refuse(request, "the RAID has not started yet: " + raid.detail);
      return;
    }
    if (what instanceof AdminRequest.Verify verify) {
      if (raid.view().inSync().isEmpty()) {
        notServing(request);
      } else {
        Verify.begin(raid, request, verify.backends());
      }
      return;
    }
    switch (raid.role()) {
      case Role.Seeking seeking -> notServing(request);
      case Following following -> passOn(following, request, what);
      case Term term -> {
        if (term.office.serving) {
          asked(term, request, what);
        } else {
          notServing(request);
        }
      }
    }
  }

  private void notServing(long request) {
    refuse(request, "nothing can be changed now, for the RAID does not serve: " + raid.detail);
  }

  /** A secondary asks its primary. */
  private void passOn(Following following, long request, AdminRequest what) {
    Request wish =
        switch (what) {
          case AdminRequest.Disable disable -> new Request.RaidDisable(disable.backend().value());
          case AdminRequest.Recover recover -> new Request.RaidRecover(recover.backend().value());
          case AdminRequest.Reload reload -> new Request.RaidReload();
          case AdminRequest.Pack pack -> new Request.RaidPack(pack.secondsSince1970());
          case AdminRequest.Verify verify -> throw new IllegalStateException("never passed on");
        };
    following.call(
        wish,
        answer -> {
          switch (answer) {
            case Answer.Value(Object value) -> {
              if (what instanceof AdminRequest.Reload reload) {
                raid.configure(reload);
              }
              grant(request, what instanceof AdminRequest.Pack ? PACKED : String.valueOf(value));
            }
            case Answer.Failed failed -> refuse(request, Errors.describe(failed.error()));
            case Answer.Lost lost ->
                refuse(
                    request,
                    "the primary was lost, and may or may not have done it: " + lost.why());
          }
        });
  }

  private void asked(Term term, long request, AdminRequest what) {
    switch (what) {
      case AdminRequest.Disable disable -> disable(term, request, disable.backend());
      case AdminRequest.Recover recover -> recover(term, request, recover.backend());
      case AdminRequest.Reload reload -> reload(term, request, reload);
      case AdminRequest.Pack pack ->
          term.pack.pack(
              pack.secondsSince1970(),
              end -> {
                switch (end) {
                  case Pack.End.Packed packed -> grant(request, PACKED);
                  case Pack.End.Failed failed -> refuse(request, failed.text());
                }
              });
      case AdminRequest.Verify verify -> Verify.begin(raid, request, verify.backends());
    }
  }

  boolean isOpen(long request) {
    return open.contains(request);
  }

  void grant(long request, String text) {
    if (open.remove(request)) {
      raid.emit(new Effect.AnswerAdmin(request, true, text));
    }
  }

  void refuse(long request, String text) {
    if (open.remove(request)) {
      raid.emit(new Effect.AnswerAdmin(request, false, text));
    }
  }

  /** The role of this server ends: nobody goes on with what was wished. */
  void roleEnds(String why) {
    List.copyOf(open)
        .forEach(request -> refuse(request, "it may or may not be done, for meanwhile " + why));
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

  private void disable(Term term, long request, BackendName name) {
    stateOf(request, name)
        .ifPresent(state -> {
          if (isDisabled(raid.membership.record(), name)) {
            grant(request, "backend " + name + " is disabled already");
          } else {
            // Between two commits: one that is voted everywhere is not torn out of its locks.
            term.lock.acquire(() -> disableBetweenCommits(term, request, name));
          }
        });
  }

  private void disableBetweenCommits(Term term, long request, BackendName name) {
    term.recover.unwish(name);
    ifSafeWithout(
        term,
        Set.of(name),
        safe ->
            term.change(
                record -> safe ? disabled(record, name) : Optional.empty(),
                made -> {
                  term.lock.release();
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
  private void ifSafeWithout(Term term, Set<BackendName> leaving, Consumer<Boolean> then) {
    SortedSet<BackendName> inSync = raid.membership.record().inSync();
    SortedSet<BackendName> staying = new TreeSet<>(inSync);
    staying.removeAll(leaving);
    if (staying.equals(inSync)) {
      then.accept(true);
      return;
    }
    term.office.connectAll(
        staying,
        links -> {
          Gather<BackendName, Answer> gather =
              new Gather<>(
                  links.size(), answers -> then.accept(isSafe(term, inSync, leaving, answers)));
          links.forEach(
              (name, link) -> raid.links.lastTransaction(link, answer -> gather.put(name, answer)));
        });
  }

  private static boolean isSafe(
      Term term,
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
        inSync, leaving, shown, term.office.last, name -> term.office.link(name) != null);
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

  private void recover(Term term, long request, BackendName name) {
    stateOf(request, name)
        .ifPresent(state -> {
          switch (state) {
            case BackendState.InSync inSync ->
                grant(request, "backend " + name + " is in sync already");
            case BackendState.Recovering recovering ->
                grant(request, "backend " + name + " is being recovered already");
            case BackendState.Out out -> {
              term.recover.wish(name);
              grant(request, "backend " + name + " will be recovered");
            }
          }
        });
  }

  private void reload(Term term, long request, AdminRequest.Reload reload) {
    if (reload.backends().equals(raid.membership.record().backends().keySet())) {
      raid.configure(reload);
      grant(request, "the backends are the same as before");
      return;
    }
    term.lock.acquire(() -> reloadBetweenCommits(term, request, reload));
  }

  private void reloadBetweenCommits(Term term, long request, AdminRequest.Reload reload) {
    SortedSet<BackendName> members = reload.backends();
    Set<BackendName> leaving = new TreeSet<>(raid.membership.record().backends().keySet());
    leaving.removeAll(members);
    ifSafeWithout(
        term,
        leaving,
        safe ->
            term.change(
                record ->
                    safe && Start.keepsOneInSync(record, members)
                        ? Optional.of(record.withMembers(members))
                        : Optional.empty(),
                made -> {
                  term.lock.release();
                  if (made) {
                    raid.configure(reload);
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
