package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Followed;
import io.zeoraid.protocol.Invalidations;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * "Following", at the primary: the servers that follow it. One that begins to follow gets the view
 * and everything after what it has announced, once the primary has aborted what that server's old
 * connection had voted on, has settled what it was finishing, and has proven that it is not stale.
 * From then on it gets each view and each transaction, in order.
 */
final class Followers {

  /** A server that follows, or waits to. */
  private static final class Follower {
    final long session;
    final ClientRequest.Follow what;
    final Map<Long, Commit.Order> orders = new LinkedHashMap<>();
    boolean follows;

    Follower(long session, ClientRequest.Follow what) {
      this.session = session;
      this.what = what;
    }
  }

  private final Term term;
  private final Raid raid;
  private final Map<Long, Follower> followers = new LinkedHashMap<>();

  /** What was reported under this view: said once. */
  private final Set<String> reported = new TreeSet<>();

  Followers(Term term) {
    this.term = term;
    this.raid = term.raid;
  }

  boolean isEmpty() {
    return followers.values().stream().noneMatch(follower -> follower.follows);
  }

  boolean contains(long session) {
    return followers.containsKey(session);
  }

  /** A server wants to follow. It is answered when this one is in office. */
  void follow(long session, long request, ClientRequest.Follow what) {
    Follower follower = new Follower(session, what);
    for (Follower old : List.copyOf(followers.values())) {
      if (old.what.follower().equals(what.follower())) {
        left(old.session);
        raid.emit(new Effect.DropClient(old.session, "it follows by a newer connection"));
      }
    }
    followers.put(session, follower);
    Runnable proven = () -> term.commit.whenSettled(() -> begin(follower, request));
    raid.proof.request(session, term.scope.guard(proven));
  }

  private void begin(Follower follower, long request) {
    if (followers.get(follower.session) != follower) {
      return;
    }
    Announcements.Tail tail = raid.announcements.after(follower.what.announced());
    List<Invalidations> transactions = new ArrayList<>();
    tail.transactions().forEach((tid, oids) -> transactions.add(new Invalidations(tid, oids)));
    follower.follows = true;
    answer(
        follower.session,
        request,
        new ClientReply.Following(
            new Followed(raid.view().epoch(), raid.view().names(), tail.after(), transactions)));
    raid.info("server " + follower.what.follower() + " follows");
    raid.statusChanged();
  }

  void left(long session) {
    Follower gone = followers.remove(session);
    if (gone != null) {
      gone.orders.values().forEach(Commit.Order::abort);
      raid.statusChanged();
    }
  }

  /** The term has ended. */
  void end(String why) {
    followers.keySet().forEach(session -> raid.emit(new Effect.DropClient(session, why)));
    followers.clear();
  }

  // What it is told.

  void tellView(View view) {
    reported.clear();
    followers.values().stream()
        .filter(follower -> follower.follows)
        .forEach(follower ->
            raid.emit(
                new Effect.TellView(follower.session, view.epoch(), view.names(), raid.detail)));
  }

  void tellCommitted(Tid tid, List<Oid> oids) {
    followers.values().stream()
        .filter(follower -> follower.follows)
        .forEach(follower -> raid.emit(new Effect.TellCommitted(follower.session, tid, oids)));
  }

  // What it asks for its clients.

  void asked(long session, long request, ClientRequest what) {
    Follower follower = followers.get(session);
    if (follower == null || !follower.follows) {
      fail(session, request, "it does not follow yet");
      return;
    }
    switch (what) {
      case ClientRequest.Vote vote -> vote(follower, request, vote);
      case ClientRequest.Finish finish -> finish(follower, request, finish.transaction());
      case ClientRequest.Abort abort -> abort(follower, request, abort.transaction());
      case ClientRequest.Ping ping ->
          raid.proof.request(session, () -> answer(session, request, new ClientReply.Done()));
      case ClientRequest.Pack pack ->
          raid.clientPacks.asked(session, request, pack.secondsSince1970());
      case ClientRequest.NewOids oids -> raid.oids.hand(session, request, oids.count());
      case ClientRequest.Report report -> {
        if (reported.add(follower.what.follower() + " " + report.backend())) {
          raid.warn(
              "server "
                  + follower.what.follower()
                  + " saw backend "
                  + report.backend()
                  + " without what was announced; looking into it");
        }
        term.watch.suspect();
      }
      default -> fail(session, request, "a server that follows does not ask this: " + what);
    }
  }

  private void vote(Follower follower, long request, ClientRequest.Vote what) {
    Transaction transaction = what.transaction();
    Commit.Order order =
        term.commit.vote(
            transaction,
            what.again(),
            vote -> {
              switch (vote) {
                case Passage.Vote.Accepted accepted ->
                    answer(
                        follower.session,
                        request,
                        new ClientReply.Voted(accepted.tid(), accepted.resolved()));
                case Passage.Vote.Refused refused -> {
                  follower.orders.remove(transaction.id());
                  fail(follower.session, request, refused.error());
                }
              }
            });
    follower.orders.put(transaction.id(), order);
  }

  private void finish(Follower follower, long request, long transaction) {
    Commit.Order order = follower.orders.remove(transaction);
    if (order == null) {
      fail(follower.session, request, "there is no such transaction");
      return;
    }
    order.finish(how -> {
      switch (how) {
        case Passage.Finish.Committed committed ->
            answer(follower.session, request, new ClientReply.Done());
        case Passage.Finish.NotCommitted not -> fail(follower.session, request, not.why());
      }
    });
  }

  private void abort(Follower follower, long request, long transaction) {
    Commit.Order order = follower.orders.remove(transaction);
    if (order != null) {
      order.abort();
    }
    answer(follower.session, request, new ClientReply.Done());
  }

  private void answer(long session, long request, ClientReply reply) {
    raid.emit(new Effect.AnswerClient(session, request, reply));
  }

  private void fail(long session, long request, String why) {
    fail(session, request, Errors.storageTransaction(why));
  }

  private void fail(long session, long request, RemoteError error) {
    answer(session, request, new ClientReply.Failed(error));
  }
}
