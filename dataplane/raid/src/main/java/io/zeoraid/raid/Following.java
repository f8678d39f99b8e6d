package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Followed;
import io.zeoraid.protocol.Invalidations;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.PeerVote;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * "Following", at a secondary: it is a ZEO client of the primary for all but reading. It passes
 * commits on, and the primary's ordered stream gives it views and transactions. An address that
 * answers with another id is a lost primary.
 *
 * <p>It begins when the primary has answered, and ends when the connection breaks or the record
 * names another primary.
 */
final class Following implements Role.WithPrimary {

  /** How an attempt to follow ended. */
  sealed interface Outcome {
    /** From here on the primary is followed. */
    record Followed(Following following) implements Outcome {}

    /** The primary can't be reached. */
    record Unreachable(String why) implements Outcome {}

    /**
     * Somebody answered, and is not the primary that was meant, or not in a state to be followed.
     */
    record Refused(String why) implements Outcome {}
  }

  private static final long LEAST_MILLIS = 1000;

  final String primary;
  private final Raid raid;
  private final Link link;
  private final Scope scope;

  /** Whether the primary can commit, as far as it says. */
  private boolean canCommit = true;

  private Following(Raid raid, String primary, Link link, Scope scope) {
    this.raid = raid;
    this.primary = primary;
    this.link = link;
    this.scope = scope;
  }

  /**
   * Tries to follow a primary. One that takes over at the moment answers when it is in office.
   *
   * @param scope the attempt is given up when this is over; then its connection must be closed
   * @return the connection
   */
  static Link begin(
      Raid raid, String primary, String address, Scope scope, Consumer<Outcome> done) {
    return raid.links.openPeer(
        primary,
        address,
        patience(raid.settings),
        scope,
        link -> {
          if (!link.isUp()) {
            done.accept(new Outcome.Unreachable(link.why));
            return;
          }
          raid.links.call(
              link,
              new Request.RaidFollow(
                  raid.settings.storage(),
                  primary,
                  raid.settings.server(),
                  raid.announcements.last()),
              answer -> done.accept(answered(raid, primary, link, scope, answer)));
        });
  }

  /** A primary that lives answers within a few beats. */
  private static long patience(Settings settings) {
    return Math.min(
        settings.connectMillis(), Math.max(LEAST_MILLIS, 4 * settings.heartbeatMillis()));
  }

  private static Outcome answered(
      Raid raid, String primary, Link link, Scope scope, Answer answer) {
    return switch (answer) {
      case Answer.Lost lost -> new Outcome.Unreachable(lost.why());
      case Answer.Failed failed -> {
        raid.links.close(link, "refused");
        yield new Outcome.Refused(Errors.describe(failed.error()));
      }
      case Answer.Value(Object value) -> {
        try {
          Following following = new Following(raid, primary, link, scope);
          following.learn(Followed.ofPlain(value));
          link.whenLost = lost -> raid.primaryLost(following, lost.why());
          yield new Outcome.Followed(following);
        } catch (ProtocolException | IllegalArgumentException e) {
          raid.links.close(link, "it answered nonsense");
          yield new Outcome.Refused("it answered nonsense: " + e.getMessage());
        }
      }
    };
  }

  /** What the primary's first answer says comes before all that its stream brings. */
  private void learn(Followed from) {
    View view = View.of(from.epoch(), from.inSync());
    raid.missed(from.after());
    Tid last = from.transactions().isEmpty() ? from.after() : from.transactions().getLast().tid();
    if (raid.announcements.last().isAfter(last)) {
      throw new ProtocolException(
          "its last transaction is "
              + last
              + ", but "
              + raid.announcements.last()
              + " was announced by this server: is something lost?");
    }
    raid.changeView(view);
    for (Invalidations transaction : from.transactions()) {
      committed(transaction.tid(), transaction.oids());
    }
  }

  Scope scope() {
    return scope;
  }

  boolean canCommit() {
    return canCommit;
  }

  boolean isBy(long connection) {
    return link.id == connection;
  }

  void end(String why) {
    scope.end();
    raid.links.close(link, why);
  }

  // What the primary says.

  void viewed(long epoch, List<String> inSync, String trouble) {
    if (inSync.contains("")) {
      nonsense(new ProtocolException("a backend without a name is in sync"));
      return;
    }
    raid.changeView(View.of(epoch, inSync));
    canCommit = trouble.isEmpty();
    raid.explain(trouble.isEmpty() ? "" : "the primary says: " + trouble);
    // For the status: what the others of the members do.
    raid.membership.read(scope, known -> {});
  }

  void committed(Tid tid, List<Oid> oids) {
    if (tid.isAfter(raid.announcements.last())) {
      raid.announce.announce(Tids.possible(tid), oids);
    }
  }

  // What it is asked.

  @Override
  public Passage vote(Transaction transaction, boolean again, Consumer<Passage.Vote> voted) {
    raid.links.passOn(
        link,
        transaction,
        again,
        answer -> {
          switch (answer) {
            case Answer.Lost lost -> {} // the primary is lost: ClientTransactions hears of it
            case Answer.Failed failed -> voted.accept(new Passage.Vote.Refused(failed.error()));
            case Answer.Value(Object value) -> accepted(value, voted);
          }
        });
    return new Passed(transaction);
  }

  private void accepted(@Nullable Object value, Consumer<Passage.Vote> voted) {
    try {
      PeerVote vote = PeerVote.ofPlain(value);
      voted.accept(new Passage.Vote.Accepted(vote.tid(), vote.resolved(), raid.lockMillis()));
    } catch (ProtocolException e) {
      nonsense(e);
    }
  }

  /** A transaction that was passed on. */
  private final class Passed implements Passage {
    private final Transaction transaction;

    Passed(Transaction transaction) {
      this.transaction = transaction;
    }

    @Override
    public void finish(Consumer<Finish> finished) {
      raid.links.call(
          link,
          new Request.TpcFinish(transaction.id()),
          answer -> {
            switch (answer) {
              case Answer.Lost lost -> {} // the next primary's history tells
              case Answer.Failed failed ->
                  finished.accept(new Finish.NotCommitted(Errors.describe(failed.error())));
              case Answer.Value value -> finished.accept(new Finish.Committed());
            }
          });
    }

    @Override
    public void abort() {
      if (link.isUp()) {
        raid.links.call(link, new Request.TpcAbort(transaction.id()), answer -> {});
      }
    }
  }

  /**
   * Proves that this server is not stale: everything that was committed before this was asked has
   * been announced when it is answered, for both come in one stream.
   */
  void prove(Runnable proven, Runnable failed) {
    call(
        new Request.Ping(),
        answer -> {
          if (answer instanceof Answer.Value) {
            proven.run();
          } else {
            failed.run();
          }
        });
  }

  /** A backend lacks what was announced; the primary looks. */
  void report(BackendName backend) {
    raid.links.send(link, new Request.RaidReport(backend.value()));
  }

  /** Asks the primary for something else. */
  void call(Request request, Consumer<Answer> answered) {
    raid.links.call(link, request, answered);
  }

  void nonsense(ProtocolException e) {
    raid.links.close(link, "the primary answered nonsense: " + e.getMessage());
  }
}
