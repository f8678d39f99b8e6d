package io.zeoraid.raid;

import io.zeoraid.raid.status.RaidStatus;
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

  public ReplicationCore(Settings settings) {
    this(settings, Set.of());
  }

  /** For tests that show what a safeguard is good for. */
  ReplicationCore(Settings settings, Set<Safeguard> leftOut) {
    raid = new Raid(settings, leftOut);
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
    return raid.lock.waiting();
  }

  private void dispatch(Event event) {
    switch (event) {
      case Event.Start start -> raid.start.run();
      case Event.TimerFired fired -> raid.timerFired(fired.timer());

      case Event.RecordRead read -> raid.membership.answered(read.request(), read);
      case Event.RecordUnreadable unreadable ->
          raid.membership.answered(unreadable.request(), unreadable);
      case Event.RecordWritten written -> raid.membership.answered(written.request(), written);
      case Event.RecordRefused refused -> raid.membership.answered(refused.request(), refused);
      case Event.RecordUnanswered unanswered ->
          raid.membership.answered(unanswered.request(), unanswered);

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

      case Event.ClientAsked asked -> client(asked.session(), asked.request(), asked.what());
      case Event.ClientLeft left -> raid.commit.clientLeft(left.session());
      case Event.AdminAsked asked -> raid.admin.asked(asked.request(), asked.what());
    }
  }

  private void client(long session, long request, ClientRequest what) {
    switch (what) {
      case ClientRequest.Load load -> raid.read.load(session, request, load);
      case ClientRequest.LoadSerial load -> raid.read.loadSerial(session, request, load);
      case ClientRequest.Vote vote -> raid.commit.vote(session, request, vote.transaction());
      case ClientRequest.Finish finish -> raid.commit.finish(session, request);
      case ClientRequest.Abort abort -> raid.commit.abort(session, request);
      case ClientRequest.Register register -> raid.announce.register(session, request);
      case ClientRequest.Invalidations since ->
          raid.announce.invalidations(session, request, since.since());
      case ClientRequest.Ping ping -> raid.announce.ping(session, request);
      case ClientRequest.NewOids oids -> raid.oids.hand(session, request, oids.count());
    }
  }
}
