package io.zeoraid.raid;

import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The core's connections to backends: opens and closes them, and brings answers to those who asked.
 */
final class Links {
  private final Raid raid;
  private final Map<Long, Link> links = new LinkedHashMap<>();

  /** For the status: what each backend showed last. */
  private final SortedMap<BackendName, Tid> shown = new TreeMap<>();

  Links(Raid raid) {
    this.raid = raid;
  }

  /**
   * Opens a connection to a backend.
   *
   * @param opened is told when it stands or when it could not be opened
   */
  Link open(BackendName backend, long millis, Consumer<Link> opened) {
    return open(backend, millis, new Scope(), opened);
  }

  /**
   * Opens a connection to a backend.
   *
   * @param scope nobody is told anything about it once this is over
   */
  Link open(BackendName backend, long millis, Scope scope, Consumer<Link> opened) {
    Link link = add(new Link(raid.newNumber(), backend, false, scope), opened);
    raid.emit(new Effect.OpenConnection(link.id, backend, millis));
    return link;
  }

  /** Opens a connection to another ZEORaid server. */
  Link openPeer(String primary, String address, long millis, Scope scope, Consumer<Link> opened) {
    Link link = add(new Link(raid.newNumber(), new BackendName(primary), true, scope), opened);
    raid.emit(new Effect.OpenPeer(link.id, address, millis));
    return link;
  }

  private Link add(Link link, Consumer<Link> opened) {
    link.whenOpened = opened;
    links.put(link.id, link);
    return link;
  }

  /** Closes a connection; those who wait for its answers learn that they are lost. */
  void close(@Nullable Link link, String why) {
    if (link != null && link.state != Link.State.CLOSED) {
      raid.emit(new Effect.CloseConnection(link.id));
      lose(link, new Answer.Lost(why, false));
    }
  }

  /** Calls a method; the answer comes back in order, or the connection is lost. */
  void call(Link link, Request request, Consumer<Answer> answered) {
    if (link.state == Link.State.CLOSED) {
      raid.later(link.scope.guard(() -> answered.accept(new Answer.Lost(link.why, false))));
      return;
    }
    long call = raid.newNumber();
    link.calls.put(call, link.scope.guard(answered));
    raid.emit(new Effect.CallBackend(link.id, call, request));
  }

  /** Sends what is not answered. */
  void send(Link link, Request request) {
    if (link.state != Link.State.CLOSED) {
      raid.emit(new Effect.CallBackend(link.id, 0, request));
    }
  }

  /** Has a blob sent to a client by the shell; the answer comes when all of it is on its way. */
  void passBlob(
      Link link, long session, long request, Request.SendBlob blob, Consumer<Answer> answered) {
    if (link.state == Link.State.CLOSED) {
      raid.later(link.scope.guard(() -> answered.accept(new Answer.Lost(link.why, false))));
      return;
    }
    long call = raid.newNumber();
    link.calls.put(call, link.scope.guard(answered));
    raid.emit(new Effect.PassBlob(link.id, call, session, request, blob));
  }

  /** Has a blob copied by the shell; the answer comes when all of it is on its way. */
  void copyBlob(
      Link source,
      Link target,
      Request.SendBlob blob,
      Request.StoreBlobEnd end,
      long bytesPerSecond,
      Consumer<Answer> answered) {
    Link closed = source.state == Link.State.CLOSED ? source : target;
    if (closed.state == Link.State.CLOSED) {
      raid.later(closed.scope.guard(() -> answered.accept(new Answer.Lost(closed.why, false))));
      return;
    }
    long call = raid.newNumber();
    source.calls.put(call, source.scope.guard(answered));
    raid.emit(new Effect.CopyBlob(source.id, call, blob, target.id, end, bytesPerSecond));
  }

  /** Has a blob digested by the shell; the answer is a {@link BlobPrint}. */
  void digestBlob(Link link, Request.SendBlob blob, Consumer<Answer> answered) {
    if (link.state == Link.State.CLOSED) {
      raid.later(link.scope.guard(() -> answered.accept(new Answer.Lost(link.why, false))));
      return;
    }
    long call = raid.newNumber();
    link.calls.put(call, link.scope.guard(answered));
    raid.emit(new Effect.DigestBlob(link.id, call, blob, raid.settings.recoveryBytesPerSecond()));
  }

  /** Asks for the last tid, and notes it. */
  void lastTransaction(Link link, Consumer<Answer> answered) {
    call(
        link,
        new Request.LastTransaction(),
        answer -> {
          if (!(answer instanceof Answer.Value(Object value))) {
            answered.accept(answer);
            return;
          }
          try {
            Tid tid = believed(link, Tids.possible(Results.tid(value)));
            noteShown(link, tid);
            answered.accept(new Answer.Value(tid.toBytes()));
          } catch (ProtocolException e) {
            String why = nonsense(link, e);
            answered.accept(new Answer.Lost(why, false));
          }
        });
  }

  /**
   * Sends a whole transaction; the two numbers are those of the vote and of {@code
   * lastTransaction}.
   */
  void transact(
      Link link, Transaction transaction, Tid tid, Consumer<Answer> voted, Consumer<Answer> last) {
    if (link.state == Link.State.CLOSED) {
      Answer lost = new Answer.Lost(link.why, false);
      raid.later(link.scope.guard(() -> voted.accept(lost)));
      raid.later(link.scope.guard(() -> last.accept(lost)));
      return;
    }
    long voteCall = raid.newNumber();
    long lastCall = raid.newNumber();
    link.calls.put(voteCall, link.scope.guard(voted));
    link.calls.put(lastCall, link.scope.guard(last));
    raid.emit(new Effect.SendTransaction(link.id, voteCall, lastCall, transaction, tid));
  }

  /**
   * Passes a transaction on to the primary.
   *
   * @param again whether it was accepted under the former primary
   */
  void passOn(Link link, Transaction transaction, boolean again, Consumer<Answer> voted) {
    if (link.state == Link.State.CLOSED) {
      raid.later(link.scope.guard(() -> voted.accept(new Answer.Lost(link.why, false))));
      return;
    }
    long call = raid.newNumber();
    link.calls.put(call, link.scope.guard(voted));
    raid.emit(new Effect.PassOn(link.id, call, transaction, again));
  }

  void noteShown(Link link, Tid tid) {
    link.saw(tid);
    shown.put(link.backend, tid);
  }

  Tid shownBy(BackendName backend) {
    return shown.getOrDefault(backend, Tid.NONE);
  }

  boolean isConnected(BackendName backend) {
    return links.values().stream()
        .anyMatch(link -> !link.isPeer && link.backend.equals(backend) && link.isUp());
  }

  // Events.

  void opened(long id, Tid lastTid) {
    Link link = links.get(id);
    if (link == null) {
      return;
    }
    if (link.isPeer) {
      link.state = Link.State.UP;
      tellOpened(link);
      return;
    }
    try {
      noteShown(link, Tids.possible(lastTid));
    } catch (ProtocolException e) {
      nonsense(link, e);
      return;
    }
    TrueLast.find(
        raid,
        link,
        () -> {
          if (link.state == Link.State.OPENING) {
            link.state = Link.State.UP;
            raid.statusChanged();
            tellOpened(link);
          }
        });
  }

  /** What a claim of the backend about its last tid is worth (F8). */
  Tid believed(Link link, Tid claimed) {
    return !claimed.equals(Tid.NONE) && claimed.equals(link.phantom) ? link.truth : claimed;
  }

  void lost(long id, Answer.Lost lost) {
    Link link = links.get(id);
    if (link != null) {
      lose(link, lost);
    }
  }

  void answered(long id, long call, Answer answer) {
    Link link = links.get(id);
    if (link == null) {
      return;
    }
    Consumer<Answer> waiting = link.calls.remove(call);
    if (waiting != null) {
      waiting.accept(answer);
    }
  }

  void invalidated(long id, Tid tid) {
    Link link = links.get(id);
    if (link != null) {
      try {
        committed(link, Tids.possible(tid));
      } catch (ProtocolException e) {
        nonsense(link, e);
      }
    }
  }

  /** A connection to somebody who does not keep to the protocol is of no use. */
  private String nonsense(Link link, ProtocolException e) {
    String why = "it answered nonsense: " + e.getMessage();
    close(link, why);
    return why;
  }

  /** The backend has committed this transaction: its claims are true from now on. */
  void committed(Link link, Tid tid) {
    link.phantom = Tid.NONE;
    noteShown(link, tid);
  }

  private void lose(Link link, Answer.Lost lost) {
    links.remove(link.id);
    boolean wasOpening = link.state == Link.State.OPENING;
    link.state = Link.State.CLOSED;
    link.why = lost.why();
    link.hung = lost.hung();
    if (wasOpening) {
      tellOpened(link);
    }
    List<Consumer<Answer>> waiting = new ArrayList<>(link.calls.values());
    link.calls.clear();
    for (Consumer<Answer> continuation : waiting) {
      raid.later(() -> continuation.accept(lost));
    }
    Consumer<Answer.Lost> whenLost = link.whenLost;
    if (whenLost != null && !wasOpening) {
      raid.later(link.scope.guard(() -> whenLost.accept(lost)));
    }
    raid.statusChanged();
  }

  private void tellOpened(Link link) {
    Consumer<Link> whenOpened = link.whenOpened;
    link.whenOpened = null;
    if (whenOpened != null) {
      raid.later(link.scope.guard(() -> whenOpened.accept(link)));
    }
  }
}
