package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.VoteAnswer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Votes on one backend and learns its exact last tid (F3): {@code lastTransaction} goes right
 * behind the vote. Answered after the vote, it is exact. Answered before it, the vote waited for
 * the lock; then every earlier invalidation came before the vote's reply, and the last tid seen on
 * the connection is exact.
 */
final class Ballot {

  /** How a backend voted. */
  sealed interface Vote {

    /** It holds its commit lock for the transaction, and its last tid is exactly this. */
    record Voted(Tid exact, List<Oid> resolved) implements Vote {}

    /** It refused the transaction and forgot it; its last tid was this. */
    record Refused(RemoteError error, Tid last) implements Vote {}

    /** The connection was lost. */
    record Lost(String why, boolean hung) implements Vote {}
  }

  private final Raid raid;
  private final Link link;
  private final Consumer<Vote> done;
  private @Nullable Answer vote;
  private @Nullable Answer last;
  private Tid seenAtVote = Tid.NONE;
  private boolean waited;

  private Ballot(Raid raid, Link link, Consumer<Vote> done) {
    this.raid = raid;
    this.link = link;
    this.done = done;
  }

  /** Sends the transaction and its vote. */
  static void cast(Raid raid, Link link, Transaction transaction, Tid tid, Consumer<Vote> done) {
    Ballot ballot = new Ballot(raid, link, done);
    raid.links.transact(link, transaction, tid, ballot::voted, ballot::lastKnown);
  }

  /** As {@link #cast}, for a transaction that was sent piece by piece. */
  static void close(Raid raid, Link link, Object transaction, Consumer<Vote> done) {
    Ballot ballot = new Ballot(raid, link, done);
    raid.links.call(link, new Request.Vote(transaction), ballot::voted);
    raid.links.call(link, new Request.LastTransaction(), ballot::lastKnown);
  }

  private void voted(Answer answer) {
    vote = answer;
    waited = last != null;
    seenAtVote = link.seen;
    decide();
  }

  private void lastKnown(Answer answer) {
    last = answer;
    decide();
  }

  private void decide() {
    Answer theVote = vote;
    Answer theLast = last;
    if (theVote == null || theLast == null) {
      return;
    }
    Vote counted;
    try {
      counted = outcome(theVote, theLast);
    } catch (ProtocolException e) {
      counted = new Vote.Lost("it answered nonsense: " + e.getMessage(), false);
      raid.links.close(link, "it answered nonsense");
    }
    done.accept(counted);
  }

  private Vote outcome(Answer theVote, Answer theLast) {
    return switch (theVote) {
      case Answer.Lost lost -> new Vote.Lost(lost.why(), lost.hung());
      case Answer.Failed failed ->
          switch (theLast) {
            case Answer.Value value -> new Vote.Refused(failed.error(), exact(value));
            case Answer.Failed unknown ->
                new Vote.Lost("lastTransaction failed: " + Errors.describe(unknown.error()), false);
            case Answer.Lost lost -> new Vote.Lost(lost.why(), lost.hung());
          };
      case Answer.Value value ->
          switch (theLast) {
            case Answer.Value lastValue -> accepted(value.value(), exact(lastValue));
            case Answer.Failed unknown ->
                new Vote.Lost("lastTransaction failed: " + Errors.describe(unknown.error()), false);
            case Answer.Lost lost -> new Vote.Lost(lost.why(), lost.hung());
          };
    };
  }

  private Tid exact(Answer.Value lastValue) {
    Tid answered = raid.links.believed(link, Results.tid(lastValue.value()));
    Tid exact = waited ? seenAtVote : answered;
    raid.links.noteShown(link, exact);
    return exact;
  }

  private Vote accepted(@Nullable Object value, Tid exact) {
    try {
      return switch (Results.vote(value)) {
        case VoteAnswer.Resolved resolved -> new Vote.Voted(exact, resolved.oids());
        case VoteAnswer.ClientConflicts conflicts -> new Vote.Refused(conflict(conflicts), exact);
      };
    } catch (ProtocolException e) {
      return new Vote.Lost("unexpected answer to a vote: " + e.getMessage(), false);
    }
  }

  /**
   * A backend that leaves the resolution of conflicts to its client: that is not supported yet, so
   * its client gets the conflict.
   */
  private static RemoteError conflict(VoteAnswer.ClientConflicts conflicts) {
    Map<String, @Nullable Object> first = conflicts.conflicts().getFirst();
    Map<String, @Nullable Object> attributes = new LinkedHashMap<>();
    attributes.put("message", "database conflict error");
    attributes.put("oid", first.get("oid"));
    attributes.put("serials", first.get("serials"));
    return new RemoteError("ZODB.POSException.ConflictError", attributes);
  }
}
