package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * R9, Oids, as clients ask for them: the primary hands out its own ({@link OidBlocks}), a secondary
 * asks the primary.
 */
final class Oids {
  private static final int AT_MOST = 100;
  private static final long AGAIN_MILLIS = 200;

  /** A client, or a server that follows, waits for oids. */
  private record Wanted(long session, long request, int count) {}

  private final Raid raid;
  private final Deque<Wanted> waiting = new ArrayDeque<>();

  /** A request to the primary is under way, for the first that waits. */
  private boolean asking;

  Oids(Raid raid) {
    this.raid = raid;
  }

  /** Gives a client that many oids, at most 100 as ZEO does. */
  void hand(long session, long request, int count) {
    waiting.add(new Wanted(session, request, Math.clamp(count, 1, AT_MOST)));
    serve();
  }

  void clientLeft(long session) {
    waiting.removeIf(wanted -> wanted.session() == session);
  }

  /** The role of this server is another one. */
  void roleChanged() {
    asking = false;
    serve();
  }

  /** Serves those that wait, as far as that is possible. */
  void serve() {
    Wanted first = waiting.peek();
    if (first == null) {
      return;
    }
    switch (raid.role()) {
      case Role.Seeking seeking -> {} // roleChanged comes
      case Following following -> ask(following, first);
      case Term term -> {
        for (Wanted next = first; next != null; next = waiting.peek()) {
          List<Oid> oids = term.oids.take(next.count());
          if (oids.isEmpty()) {
            return; // a block is being reserved
          }
          waiting.remove();
          answer(next, oids);
        }
      }
    }
  }

  private void ask(Following following, Wanted first) {
    if (asking) {
      return;
    }
    asking = true;
    following.call(
        new Request.NewOids(first.count()),
        answer -> {
          asking = false;
          switch (answer) {
            case Answer.Value(Object value) -> {
              try {
                List<Oid> oids = Results.oids(value);
                if (waiting.remove(first)) {
                  answer(first, oids);
                }
                serve();
              } catch (ProtocolException e) {
                following.nonsense(e);
              }
            }
            case Answer.Failed failed -> raid.after(AGAIN_MILLIS, this::serve);
            case Answer.Lost lost -> {} // roleChanged comes
          }
        });
  }

  private void answer(Wanted wanted, List<Oid> oids) {
    raid.emit(
        new Effect.AnswerClient(wanted.session(), wanted.request(), new ClientReply.Oids(oids)));
  }
}
