package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Packs that clients wish, at whichever server: the primary packs ({@link Pack}), a secondary
 * passes the wish on. It is answered when all backends are packed, however long that takes, or when
 * it fails; and then logged, since a client need not wait for it. If the primary goes away
 * meanwhile, nobody goes on: the answer says so.
 */
final class ClientPacks {
  private final Raid raid;

  /** The sessions that wait, by request of ours. */
  private final Map<Long, Asked> open = new LinkedHashMap<>();

  private record Asked(long session, long request) {}

  ClientPacks(Raid raid) {
    this.raid = raid;
  }

  void asked(long session, long request, double seconds) {
    long wish = raid.newNumber();
    open.put(wish, new Asked(session, request));
    switch (raid.role()) {
      case Role.Seeking seeking -> failed(wish, cannot(raid.detail));
      case Following following -> passOn(following, wish, seconds);
      case Term term ->
          term.pack.pack(
              seconds,
              end -> {
                switch (end) {
                  case Pack.End.Packed packed -> done(wish);
                  case Pack.End.Failed failed -> failed(wish, failed.error());
                }
              });
    }
  }

  private static RemoteError cannot(String why) {
    return Errors.storage("nothing can be packed now: " + why);
  }

  private void passOn(Following following, long wish, double seconds) {
    following.call(
        new Request.RaidPack(seconds),
        answer -> {
          switch (answer) {
            case Answer.Value value -> done(wish);
            case Answer.Failed failed -> failed(wish, failed.error());
            case Answer.Lost lost -> failed(wish, inDoubt(lost.why()));
          }
        });
  }

  private static RemoteError inDoubt(String why) {
    return Errors.storage(
        "some backends may be packed and others not, for meanwhile "
            + why
            + "; pack again, so that all are");
  }

  private void done(long wish) {
    Asked asked = open.remove(wish);
    if (asked != null) {
      raid.emit(new Effect.AnswerClient(asked.session(), asked.request(), new ClientReply.Done()));
    }
  }

  private void failed(long wish, RemoteError error) {
    Asked asked = open.remove(wish);
    if (asked != null) {
      raid.warn("a pack that a client wished failed: " + Errors.describe(error));
      raid.emit(
          new Effect.AnswerClient(asked.session(), asked.request(), new ClientReply.Failed(error)));
    }
  }

  /** The role of this server ends. */
  void roleEnds(String why) {
    for (long wish : open.keySet().toArray(new Long[0])) {
      failed(wish, inDoubt(why));
    }
  }

  /** Nobody waits any more; the pack goes on. */
  void clientLeft(long session) {
    open.values().removeIf(asked -> asked.session() == session);
  }
}
