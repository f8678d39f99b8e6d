package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.status.RaidStatus;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The decisions of one RAID in one server: events in, effects out. It has no threads, clock,
 * randomness or sockets; the same events give the same effects.
 *
 * <p>The shell owes it this: effects are carried out in their order; the events of one connection
 * come in the order in which they happened; nothing is reported of a connection after {@link
 * Effect.CloseConnection}; a client that is gone is reported once and asks nothing after.
 *
 * <p>Not thread-safe on purpose: confined to one thread.
 */
public final class ReplicationCore {
  private final Raid raid;

  /** Without a cache. */
  public ReplicationCore(Settings settings) {
    this(settings, RecordCache.NONE);
  }

  /**
   * With a cache.
   *
   * @param cache for this core alone
   */
  public ReplicationCore(Settings settings, RecordCache cache) {
    this(settings, cache, Set.of());
  }

  /** For a simulation that shows what a safeguard is good for. */
  public ReplicationCore(Settings settings, RecordCache cache, Set<Safeguard> leftOut) {
    raid = new Raid(settings, cache, leftOut);
  }

  /** Takes in an event, and gives out its effects before it returns. */
  public void step(Now now, Event event, Consumer<Effect> effects) {
    raid.begin(now, effects);
    dispatch(event);
    raid.settle();
  }

  /** The status now. */
  public RaidStatus status() {
    return raid.statusReport.make();
  }

  /** How many transactions wait for their turn to commit. */
  public int waitingCommits() {
    Term term = raid.term();
    return term == null ? 0 : term.lock.waiting();
  }

  /**
   * Since when the commit lock is held, in milliseconds since 1970; 0 if it is not, or if another
   * server is the primary.
   */
  public long lockedSince() {
    Term term = raid.term();
    return term == null ? 0 : term.lock.sinceWallMillis();
  }

  /**
   * Which of these objects were changed after these revisions, as far as what is kept of what was
   * announced reaches back.
   *
   * @param revisions of each object the one that was read
   * @return the objects that were changed, and the last transaction that did it
   */
  public Map<Oid, Tid> changedSince(Map<Oid, Tid> revisions) {
    return raid.announcements.changedSince(revisions);
  }

  private void dispatch(Event event) {
    switch (event) {
      case Event.Start start -> raid.findPrimary.run();
      case Event.Retire retire -> raid.retire();
      case Event.Leave leave -> raid.leave();
      case Event.TimerFired fired -> raid.timerFired(fired.timer());

      case Event.RecordRead read -> raid.membership.answered(read.request(), read);
      case Event.RecordUnreadable unreadable ->
          raid.membership.answered(unreadable.request(), unreadable);
      case Event.RecordWritten written -> raid.membership.answered(written.request(), written);
      case Event.RecordRefused refused -> raid.membership.answered(refused.request(), refused);
      case Event.RecordUnanswered unanswered ->
          raid.membership.answered(unanswered.request(), unanswered);

      case Event.RecordWatched watched -> raid.membership.watched(watched.stored());
      case Event.HeartbeatRead read -> raid.membership.answered(read.request(), read);
      case Event.HeartbeatUnreadable unreadable ->
          raid.membership.answered(unreadable.request(), unreadable);

      case Event.ConnectionOpened opened ->
          raid.links.opened(opened.connection(), opened.lastTid());
      case Event.ConnectionLost lost ->
          raid.links.lost(lost.connection(), new Answer.Lost(lost.why(), lost.hung()));
      case Event.BackendReplied replied ->
          raid.links.answered(
              replied.connection(), replied.call(), new Answer.Value(replied.value()));
      case Event.BackendFailed failed ->
          raid.links.answered(
              failed.connection(), failed.call(), new Answer.Failed(failed.error()));
      case Event.BackendInvalidated invalidated ->
          raid.links.invalidated(invalidated.connection(), invalidated.tid());

      case Event.PrimaryView view -> {
        if (raid.role() instanceof Following following && following.isBy(view.connection())) {
          following.viewed(view.epoch(), view.inSync(), view.trouble());
        }
      }
      case Event.PrimaryCommitted committed -> {
        if (raid.role() instanceof Following following && following.isBy(committed.connection())) {
          try {
            following.committed(committed.tid(), committed.oids());
          } catch (ProtocolException e) {
            following.nonsense(e);
          }
        }
      }

      case Event.ClientAsked asked -> client(asked.session(), asked.request(), asked.what());
      case Event.ClientLeft left -> clientLeft(left.session());
      case Event.AdminAsked asked -> raid.admin.asked(asked.request(), asked.what());
    }
  }

  private void client(long session, long request, ClientRequest what) {
    Term term = raid.term();
    if (what instanceof ClientRequest.Follow follow) {
      follow(session, request, follow);
      return;
    }
    if (term != null && term.followers.contains(session)) {
      term.followers.asked(session, request, what);
      return;
    }
    switch (what) {
      case ClientRequest.Load load -> raid.read.load(session, request, load);
      case ClientRequest.LoadSerial load -> raid.read.loadSerial(session, request, load);
      case ClientRequest.Browse browse -> raid.browse.asked(session, request, browse.what());
      case ClientRequest.Vote vote ->
          raid.clientTransactions.vote(session, request, vote.transaction());
      case ClientRequest.Finish finish ->
          raid.clientTransactions.finish(session, request, finish.transaction());
      case ClientRequest.Abort abort ->
          raid.clientTransactions.abort(session, request, abort.transaction());
      case ClientRequest.Register register -> raid.announce.register(session, request);
      case ClientRequest.Invalidations since ->
          raid.announce.invalidations(session, request, since.since());
      case ClientRequest.Ping ping -> raid.announce.ping(session, request);
      case ClientRequest.NewOids oids -> raid.oids.hand(session, request, oids.count());
      case ClientRequest.Pack pack ->
          raid.clientPacks.asked(session, request, pack.secondsSince1970());
      case ClientRequest.Follow follow -> throw new IllegalStateException("dealt with above");
      case ClientRequest.Report report -> {} // of a server that does not follow any more
    }
  }

  private void follow(long session, long request, ClientRequest.Follow follow) {
    Term term = raid.term();
    if (term != null && follow.primary().equals(raid.settings.server())) {
      term.followers.follow(session, request, follow);
      return;
    }
    String refusal =
        follow.primary().equals(raid.settings.server())
            ? "this server is not primary any more"
            : "this is server " + raid.settings.server() + ", not " + follow.primary();
    raid.emit(
        new Effect.AnswerClient(
            session, request, new ClientReply.Failed(Errors.storageTransaction(refusal))));
  }

  private void clientLeft(long session) {
    raid.clientTransactions.clientLeft(session);
    raid.proof.clientLeft(session);
    raid.oids.clientLeft(session);
    raid.read.clientLeft(session);
    raid.browse.clientLeft(session);
    raid.clientPacks.clientLeft(session);
    raid.missedChanges.clientLeft(session);
    Term term = raid.term();
    if (term != null) {
      term.followers.left(session);
    }
  }
}
