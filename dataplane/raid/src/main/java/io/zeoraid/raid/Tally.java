package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.StoreConflict;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.OutReason;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** R2.3-R2.5: what the votes of all in-sync backends on one transaction mean. Pure. */
final class Tally {

  /** What follows from the votes. */
  sealed interface Decision {

    /** Go on with those that voted alike; the others must be put out before. */
    record Proceed(List<Oid> resolved, SortedMap<BackendName, BackendState.Out> out)
        implements Decision {}

    /** The client gets this error; those that answered otherwise are put out. */
    record Refuse(RemoteError error, SortedMap<BackendName, BackendState.Out> out)
        implements Decision {}

    /** Somebody else has committed, or a volume is another one. */
    record Mismatch(SortedMap<BackendName, Tid> shown) implements Decision {}

    /** Nobody voted, and nobody can be blamed: try again. */
    record Nobody(String why) implements Decision {}
  }

  /** Backends whose answers are equal. */
  private record Group(String key, List<BackendName> names) {}

  private Tally() {}

  /**
   * Counts.
   *
   * @param votes the final vote of each in-sync backend
   * @param last the last transaction of the RAID, which every exact last tid must equal
   * @param uneven whether some backends may be packed and others not
   * @param exact true but in a test that leaves this out
   */
  static Decision count(
      SortedMap<BackendName, Ballot.Vote> votes, Tid last, boolean uneven, boolean exact) {
    SortedMap<BackendName, Tid> shown = shown(votes);
    if (exact && shown.values().stream().anyMatch(tid -> !tid.equals(last))) {
      return new Decision.Mismatch(shown);
    }
    List<Group> groups = groups(votes);
    if (groups.isEmpty()) {
      return nobody(votes);
    }
    Optional<Group> packed = whatPackingExplains(groups, votes, uneven);
    Group winner = packed.orElseGet(() -> majority(groups));
    SortedMap<BackendName, BackendState.Out> out = new TreeMap<>();
    for (Group group : groups) {
      if (group != winner && packed.isEmpty()) {
        group.names().forEach(name -> out.put(name, diverged(group, winner)));
      }
    }
    votes.forEach((name, vote) -> {
      if (vote instanceof Ballot.Vote.Lost lost) {
        out.put(name, new BackendState.Out(OutReason.FAILED, lost.why()));
      } else if (vote instanceof Ballot.Vote.Refused refused && isFailure(refused)) {
        out.put(
            name,
            new BackendState.Out(
                OutReason.FAILED, "it could not store: " + Errors.describe(refused.error())));
      }
    });
    return switch (votes.get(winner.names().getFirst())) {
      case Ballot.Vote.Voted voted -> new Decision.Proceed(voted.resolved(), out);
      case Ballot.Vote.Refused refused -> new Decision.Refuse(refused.error(), out);
      case null, default -> throw new IllegalStateException("a lost vote can't win: " + votes);
    };
  }

  /**
   * Whether a second attempt is due (R2.5): it failed, and not in a way that is the client's
   * answer.
   */
  static boolean deservesAnotherTry(Ballot.Vote vote) {
    return switch (vote) {
      case Ballot.Vote.Lost lost -> true;
      case Ballot.Vote.Refused refused -> isFailure(refused);
      case Ballot.Vote.Voted voted -> false;
    };
  }

  /**
   * All failing alike, such as disks full everywhere: that is the client's error, and nobody is to
   * blame.
   */
  static boolean allFail(SortedMap<BackendName, Ballot.Vote> votes) {
    return votes.values().stream()
        .allMatch(vote -> vote instanceof Ballot.Vote.Refused refused && isFailure(refused));
  }

  private static boolean isFailure(Ballot.Vote.Refused refused) {
    return !Errors.isAnswer(refused.error());
  }

  /** The last tid of each backend that answered. */
  static SortedMap<BackendName, Tid> shown(SortedMap<BackendName, Ballot.Vote> votes) {
    SortedMap<BackendName, Tid> shown = new TreeMap<>();
    votes.forEach((name, vote) -> {
      switch (vote) {
        case Ballot.Vote.Voted voted -> shown.put(name, voted.exact());
        case Ballot.Vote.Refused refused -> shown.put(name, refused.last());
        case Ballot.Vote.Lost lost -> {}
      }
    });
    return shown;
  }

  private static Decision nobody(SortedMap<BackendName, Ballot.Vote> votes) {
    List<String> parts = new ArrayList<>();
    votes.forEach((name, vote) -> parts.add(name + ": " + describe(vote)));
    String why = String.join("; ", parts);
    if (allFail(votes) && votes.get(votes.firstKey()) instanceof Ballot.Vote.Refused refused) {
      return new Decision.Refuse(refused.error(), new TreeMap<>());
    }
    return new Decision.Nobody(why);
  }

  private static String describe(Ballot.Vote vote) {
    return switch (vote) {
      case Ballot.Vote.Voted voted -> "voted";
      case Ballot.Vote.Refused refused -> Errors.describe(refused.error());
      case Ballot.Vote.Lost lost -> lost.why();
    };
  }

  private static List<Group> groups(SortedMap<BackendName, Ballot.Vote> votes) {
    Map<String, Group> byKey = new TreeMap<>();
    List<Group> groups = new ArrayList<>();
    votes.forEach((name, vote) -> {
      String key =
          switch (vote) {
            case Ballot.Vote.Voted voted ->
                "accepted it, resolving " + voted.resolved().stream().sorted().toList();
            case Ballot.Vote.Refused refused when !isFailure(refused) ->
                "refused it with " + keyOf(refused.error());
            case Ballot.Vote.Refused refused -> "";
            case Ballot.Vote.Lost lost -> "";
          };
      if (key.isEmpty()) {
        return;
      }
      Group group = byKey.get(key);
      if (group == null) {
        group = new Group(key, new ArrayList<>());
        byKey.put(key, group);
        groups.add(group);
      }
      group.names().add(name);
    });
    return groups;
  }

  /**
   * Conflicts are equal if they are about the same object; their messages may name what only one
   * server can import.
   */
  private static String keyOf(RemoteError error) {
    if (error.arguments() instanceof Map<?, ?> attributes
        && attributes.get("oid") instanceof byte[] oid) {
      return error.type() + " of " + HexFormat.of().formatHex(oid);
    }
    return error.type();
  }

  /**
   * One backend is packed and another one not, or not yet: then they may differ about what was to
   * be packed away, and none is to blame. One refuses to undo what it does not hold any more, or
   * can't resolve a conflict, for lack of the revision that was read. While it is known that they
   * are packed unevenly, any refusal may come from objects that are garbage. The refusal counts:
   * nobody commits, so nothing differs in the end.
   *
   * @return those whose refusal counts; empty if packing does not explain the difference
   */
  private static Optional<Group> whatPackingExplains(
      List<Group> groups, SortedMap<BackendName, Ballot.Vote> votes, boolean uneven) {
    Set<Oid> resolved = new TreeSet<>();
    Group refusing = null;
    boolean accepted = false;
    for (Group group : groups) {
      switch (votes.get(group.names().getFirst())) {
        case Ballot.Vote.Voted voted -> {
          accepted = true;
          resolved.addAll(voted.resolved());
        }
        case Ballot.Vote.Refused refused -> {
          if (refusing != null && !uneven) {
            return Optional.empty();
          }
          refusing = refusing == null ? group : refusing;
        }
        case null, default -> throw new IllegalStateException("a lost vote is in no group");
      }
    }
    if (refusing == null
        || groups.size() < 2
        || !(votes.get(refusing.names().getFirst()) instanceof Ballot.Vote.Refused refused)) {
      return Optional.empty();
    }
    boolean explained =
        uneven
            || accepted
                && (Errors.isUndoError(refused.error())
                    || oidOf(refused.error()).filter(resolved::contains).isPresent());
    return explained ? Optional.of(refusing) : Optional.empty();
  }

  private static Optional<Oid> oidOf(RemoteError error) {
    return StoreConflict.of(error).map(StoreConflict::oid);
  }

  /**
   * The majority's answer counts; ties go to the first by name, which is in the group that was met
   * first.
   */
  private static Group majority(List<Group> groups) {
    Group winner = groups.getFirst();
    for (Group group : groups) {
      if (group.names().size() > winner.names().size()) {
        winner = group;
      }
    }
    return winner;
  }

  private static BackendState.Out diverged(Group loser, Group winner) {
    return new BackendState.Out(
        OutReason.DIVERGED,
        "on an equal log it " + loser.key() + ", while " + winner.names() + " " + winner.key());
  }
}
