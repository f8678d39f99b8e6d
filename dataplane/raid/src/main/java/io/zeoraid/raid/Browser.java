package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * R5, Browse: one client that browses. It has a connection of its own to one of the backends that
 * are read from, made when it is needed and closed a while after. Its requests are answered one
 * after another. If the connection is lost, or its backend leaves the view, the request under way
 * begins anew with another backend, unseen by the client.
 */
final class Browser {
  private static final long AGAIN_MILLIS = 500;
  private static final long IDLE_MILLIS = 60_000;

  /** A request that breaks so many connections is at fault itself: its answer is too long, say. */
  private static final int MAX_TRIES = 5;

  private record Asked(long request, Request what) {}

  final Raid raid;
  private final long session;
  private final Scope scope = new Scope();
  private final ClientIterators iterators = new ClientIterators(this);

  /** What is not answered yet; the first one is under way. */
  private final Deque<Asked> queue = new ArrayDeque<>();

  /** The first request as it is tried now; what an earlier try waited for is dropped. */
  private Scope attempt = scope.inner();

  private int tries;
  private final SortedSet<BackendName> passedOver = new TreeSet<>();

  /** The one that stands, and shows everything announced. */
  private @Nullable Link link;

  private @Nullable Link opening;

  /**
   * What the request under way does as soon as there is a connection; null if it waits for none.
   */
  private @Nullable Consumer<Link> wantsLink;

  private boolean reopening;
  private long idleTimer;
  private long lastUsed;

  Browser(Raid raid, long session) {
    this.raid = raid;
    this.session = session;
  }

  void asked(long request, Request what) {
    queue.add(new Asked(request, what));
    if (queue.size() == 1) {
      begin();
    }
  }

  /** The client is gone. */
  void end() {
    scope.end();
    queue.clear();
    wantsLink = null;
    raid.cancel(idleTimer);
    raid.links.close(link, "its client is gone");
    raid.links.close(opening, "its client is gone");
  }

  // The request under way.

  private void begin() {
    attempt.end();
    attempt = scope.inner();
    wantsLink = null;
    Asked first = queue.peek();
    if (first == null) {
      lastUsed = raid.now.millis();
      watchIdle();
    } else if (raid.announcements.last().equals(Tid.NONE)) {
      wantsLink = link -> begin(); // nobody knows what may be shown
    } else {
      dispatch(first.what());
    }
  }

  private void dispatch(Request what) {
    switch (what) {
      case Request.History history -> Listing.history(this, history);
      case Request.UndoLog log -> Listing.undoLog(this, log);
      case Request.UndoInfo info -> Listing.undoInfo(this, info);
      case Request.RecordIternext next -> NextRecord.after(this, next.next());
      case Request.IteratorStart start -> iterators.start(start);
      case Request.IteratorNext next -> iterators.next(next.iterator());
      case Request.IteratorRecordStart start -> iterators.startRecords(start);
      case Request.IteratorRecordNext next -> iterators.nextRecord(next.iterator());
      case Request.IteratorGc gc -> iterators.forget(gc.iterators());
      case Request.SendBlob blob -> SentBlob.send(this, blob);
      default -> throw new IllegalStateException("not to browse: " + what.method());
    }
  }

  /**
   * Answers the request under way.
   *
   * @param value can be encoded
   */
  void answer(@Nullable Object value) {
    answer(new ClientReply.Value(value));
  }

  void fail(RemoteError error) {
    answer(new ClientReply.Failed(error));
  }

  private void answer(ClientReply reply) {
    Asked answered = queue.remove();
    attempt.end();
    tries = 0;
    passedOver.clear();
    raid.emit(new Effect.AnswerClient(session, answered.request(), reply));
    raid.later(scope.guard(this::begin));
  }

  // Its backend.

  /** Goes on with a connection to a backend, as soon as there is one. */
  void withLink(Consumer<Link> then) {
    Link now = link;
    if (now != null && now.isUp()) {
      then.accept(now);
    } else {
      wantsLink = then;
      open();
    }
  }

  private void open() {
    if (wantsLink == null || link != null || opening != null || reopening) {
      return;
    }
    BackendName name = raid.read.ready(passedOver, session);
    if (name == null && !passedOver.isEmpty()) {
      passedOver.clear();
      name = raid.read.ready(passedOver, session);
    }
    if (name != null) {
      opening = raid.links.open(name, raid.settings.connectMillis(), scope, this::opened);
    }
  }

  private void opened(Link opened) {
    Tid needed = raid.announcements.last();
    if (opened != opening || !opened.isUp() || !needed.isAfter(opened.seen)) {
      judge(opened, needed);
    } else {
      // What was announced just now may be on its way.
      raid.links.lastTransaction(opened, answer -> judge(opened, needed));
    }
  }

  private void judge(Link opened, Tid needed) {
    if (opened != opening) {
      return;
    }
    opening = null;
    if (needed.isAfter(opened.seen) && raid.keeps(Safeguard.FRESH_CONNECTIONS_SHOW_ALL)) {
      raid.links.close(opened, "it lacks what was announced");
    }
    if (opened.isUp()) {
      stands(opened);
    } else {
      passedOver.add(opened.backend);
      reopening = true;
      raid.after(
          AGAIN_MILLIS,
          scope.guard(() -> {
            reopening = false;
            open();
          }));
    }
  }

  private void stands(Link opened) {
    link = opened;
    opened.whenLost =
        lost -> {
          if (link == opened) {
            link = null;
            open();
          }
        };
    Consumer<Link> wanting = wantsLink;
    wantsLink = null;
    if (wanting != null) {
      wanting.accept(opened);
    }
  }

  void backendsReady() {
    raid.later(scope.guard(this::open));
  }

  void viewChanged() {
    if (isOut(link) || isOut(opening)) {
      leave("it is out of sync");
    }
  }

  private boolean isOut(@Nullable Link of) {
    return of != null && !raid.view().inSync().contains(of.backend);
  }

  private void watchIdle() {
    if (idleTimer == 0 && link != null) {
      idleTimer = raid.after(IDLE_MILLIS, scope.guard(this::endIdle));
    }
  }

  private void endIdle() {
    idleTimer = 0;
    boolean isIdle = queue.isEmpty() && iterators.isEmpty();
    if (isIdle && raid.now.millis() - lastUsed >= IDLE_MILLIS) {
      leave("its client does not browse any more");
    }
    watchIdle();
  }

  /** Closes the connection; who waits for an answer on it learns that it is lost. */
  private void leave(String why) {
    Link left = link == null ? opening : link;
    link = null;
    opening = null;
    raid.links.close(left, why);
    raid.later(scope.guard(this::open));
  }

  // Calls.

  /**
   * Asks what a healthy backend may refuse, if it can't digest the question: the client's error.
   */
  void ask(Link at, Request request, Consumer<@Nullable Object> then) {
    call(at, request, then, Browser::isAnswer);
  }

  /**
   * Asks what a healthy backend does not refuse, since the question is this server's: another one
   * may do better.
   */
  void read(Link at, Request request, Consumer<@Nullable Object> then) {
    call(at, request, then, error -> false);
  }

  /** Has a blob sent to the client, and answers it then. */
  void pass(Link at, Request.SendBlob blob) {
    Asked first = queue.element();
    Scope mine = attempt;
    raid.links.passBlob(
        at,
        session,
        first.request(),
        blob,
        mine.guard(answer ->
            answered(at, answer, sent -> answer(new ClientReply.Done()), error -> false)));
  }

  /** Asks what may not be there. */
  void askIfThere(
      Link at, Request request, Consumer<@Nullable Object> then, Runnable whenNotThere) {
    Scope mine = attempt;
    raid.links.call(
        at,
        request,
        mine.guard(answer -> {
          if (answer instanceof Answer.Failed(RemoteError error) && Errors.isPosKeyError(error)) {
            whenNotThere.run();
          } else {
            answered(at, answer, then, Browser::isAnswer);
          }
        }));
  }

  private void call(
      Link at, Request request, Consumer<@Nullable Object> then, Predicate<RemoteError> isAnswer) {
    Scope mine = attempt;
    raid.links.call(at, request, mine.guard(answer -> answered(at, answer, then, isAnswer)));
  }

  private void answered(
      Link at, Answer answer, Consumer<@Nullable Object> then, Predicate<RemoteError> isAnswer) {
    switch (answer) {
      case Answer.Lost lost -> again(lost.why());
      case Answer.Failed(RemoteError error) -> failed(at, error, isAnswer.test(error));
      case Answer.Value(Object value) -> {
        try {
          then.accept(value);
        } catch (ProtocolException e) {
          broken(at, "it answered nonsense: " + e.getMessage());
        }
      }
    }
  }

  /** While a FileStorage is packed it lists nothing; another backend does. */
  private static boolean isAnswer(RemoteError error) {
    return Errors.isAnswer(error) && !Errors.isUndoError(error);
  }

  private void failed(Link at, RemoteError error, boolean isAnswer) {
    passedOver.add(at.backend);
    if (isAnswer || raid.read.ready(passedOver, session) == null) {
      fail(error);
    } else {
      broken(at, "it can't answer: " + Errors.describe(error));
    }
  }

  /** The backend is of no use for the request under way. */
  void broken(Link at, String why) {
    raid.warn("backend " + at.backend + ", browsed by a client: " + why);
    passedOver.add(at.backend);
    if (link == at) {
      leave(why);
    }
    again(why);
  }

  private void again(String why) {
    if (++tries >= MAX_TRIES) {
      fail(Errors.storage("this can't be read from any backend: " + why));
    } else {
      attempt.end();
      raid.later(scope.guard(this::begin));
    }
  }
}
