package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * R5, Read: any in-sync backend of the view is asked, with a bound that hides what is not announced
 * yet. A reply is good for the bound that was asked: a next tid beyond what was announced becomes
 * "current", and a transaction announced since the question becomes the next tid if it changed the
 * object, so that a late reply can't say "current". A new connection is read from only after it
 * showed everything announced. What a backend that left the view says is thrown away, and asked of
 * another one. What the cache holds is not asked ({@link CachedRecords}), and what is being asked
 * is not asked twice ({@link LoadsInFlight}).
 */
final class Read {
  private static final long AGAIN_MILLIS = 500;

  /** A question that breaks so many connections is at fault itself. */
  private static final int MAX_TRIES = 10;

  /** A connection that is read from. */
  private static final class Source {
    final BackendName name;
    @Nullable Link link;
    boolean ready;
    int inFlight;
    boolean packing;

    /** What it showed when it was last said that this is too little; null if it never was. */
    @Nullable Tid stale;

    Source(BackendName name) {
      this.name = name;
    }
  }

  private final Raid raid;
  private final SortedMap<BackendName, Source> sources = new TreeMap<>();
  private List<Source> ready = List.of();
  private Deque<Question> waiting = new ArrayDeque<>();
  private final LoadsInFlight inFlight;
  private int turn;

  Read(Raid raid) {
    this.raid = raid;
    inFlight = new LoadsInFlight(raid);
  }

  // The view.

  /**
   * The set of in-sync backends may be another now, or something was announced for the first time.
   */
  void viewChanged() {
    // As long as nobody knows what was announced, no connection could show that it has it.
    if (raid.announcements.last().equals(Tid.NONE)) {
      return;
    }
    var inSync = raid.view().inSync();
    for (BackendName name : List.copyOf(sources.keySet())) {
      if (!inSync.contains(name)) {
        Source gone = sources.remove(name);
        if (gone != null) {
          gone.ready = false;
          raid.links.close(gone.link, "it is out of sync");
        }
      }
    }
    for (BackendName name : inSync) {
      if (!sources.containsKey(name)) {
        Source source = new Source(name);
        sources.put(name, source);
        open(source);
      }
    }
    arrange();
    raid.browse.viewChanged();
  }

  /** Reads are kept off a backend that packs, as long as there is another one. */
  void packing(BackendName name, boolean packs) {
    Source source = sources.get(name);
    if (source != null) {
      source.packing = packs;
      arrange();
    }
  }

  private void open(Source source) {
    source.link =
        raid.links.open(source.name, raid.settings.connectMillis(), link -> opened(source, link));
  }

  private boolean isCurrent(Source source) {
    return sources.get(source.name) == source;
  }

  private void opened(Source source, Link link) {
    if (!isCurrent(source)) {
      raid.links.close(link, "it is out of sync");
    } else if (!link.isUp()) {
      reopen(source);
    } else if (raid.announcements.last().isAfter(link.seen)
        && raid.keeps(Safeguard.FRESH_CONNECTIONS_SHOW_ALL)) {
      if (!link.seen.equals(source.stale)) {
        source.stale = link.seen;
        raid.warn(
            "backend "
                + source.name
                + " shows "
                + link.seen
                + " as its last transaction, but "
                + raid.announcements.last()
                + " was announced; it is not read from");
      }
      raid.links.close(link, "it lacks what was announced");
      report(source.name);
      reopen(source);
    } else {
      long opened = raid.now.millis();
      link.whenLost =
          lost -> {
            source.ready = false;
            arrange();
            Term term = raid.term();
            if (term != null) {
              term.watch.suspect();
            }
            if (isCurrent(source) && raid.now.millis() - opened >= AGAIN_MILLIS) {
              open(source);
            } else {
              reopen(source); // one that is lost as soon as it stands must not be hammered at
            }
          };
      source.ready = true;
      arrange();
    }
  }

  /** It lacks what was announced: the primary looks into it. */
  private void report(BackendName name) {
    switch (raid.role()) {
      case Role.Seeking seeking -> {}
      case Following following -> following.report(name);
      case Term term -> term.watch.suspect();
    }
  }

  /** Whether a backend can be read from. */
  boolean isReady() {
    return !ready.isEmpty();
  }

  private void reopen(Source source) {
    raid.after(
        AGAIN_MILLIS,
        () -> {
          if (isCurrent(source)) {
            open(source);
          }
        });
  }

  private void arrange() {
    List<Source> usable = new ArrayList<>();
    for (Source source : sources.values()) {
      if (source.ready && !source.packing) {
        usable.add(source);
      }
    }
    if (usable.isEmpty()) {
      sources.values().stream().filter(source -> source.ready).forEach(usable::add);
    }
    ready = usable;
    if (!ready.isEmpty() && !waiting.isEmpty()) {
      Deque<Question> questions = waiting;
      waiting = new ArrayDeque<>();
      questions.forEach(this::ask);
    }
    if (!ready.isEmpty()) {
      raid.browse.backendsReady();
    }
  }

  /**
   * A backend that can be read from, with few questions in flight; null if there is none.
   *
   * @param passedOver none of these
   * @param turn those that are equally busy take turns by this number
   */
  @Nullable BackendName ready(Set<BackendName> passedOver, long turn) {
    Source best = null;
    for (int i = 0; i < ready.size(); i++) {
      Source source = ready.get((int) Math.floorMod(turn + i, (long) ready.size()));
      if (!passedOver.contains(source.name) && (best == null || source.inFlight < best.inFlight)) {
        best = source;
      }
    }
    return best == null ? null : best.name;
  }

  /** Its connection is lost: nothing is asked of it, though it hears of that only later. */
  private void notReady(Source source) {
    Link link = source.link;
    if (source.ready && (link == null || !link.isUp())) {
      source.ready = false;
      arrange();
    }
  }

  void clientLeft(long session) {
    waiting.removeIf(question -> question.session() == session);
    inFlight.clientLeft(session);
  }

  /**
   * This server does not know what all was announced since it loaded what it holds, or asked what
   * is under way.
   */
  void announcementsMissed() {
    raid.cached.clear();
    inFlight.announcementsMissed();
  }

  // Questions.

  void load(long session, long request, ClientRequest.Load load) {
    Loaded held = raid.cached.find(load.oid(), load.before());
    if (held != null) {
      raid.emit(new Effect.AnswerClient(session, request, new ClientReply.Revision(held)));
    } else {
      ask(new Question.Before(session, request, load.oid(), load.before(), 0));
    }
  }

  void loadSerial(long session, long request, ClientRequest.LoadSerial load) {
    if (load.serial().isAfter(raid.announcements.last())) {
      fail(session, request, Errors.posKeyError(load.oid()));
      return;
    }
    byte[] held = raid.cached.data(load.oid(), load.serial());
    if (held != null) {
      raid.emit(new Effect.AnswerClient(session, request, new ClientReply.Data(held)));
    } else {
      ask(new Question.Serial(session, request, load.oid(), load.serial(), 0));
    }
  }

  private void ask(Question question) {
    if (question instanceof Question.Before before && inFlight.join(before, bound(before))) {
      return;
    }
    Source source = leastBusy();
    Link link = source == null ? null : source.link;
    if (source == null || link == null || raid.announcements.last().equals(Tid.NONE)) {
      waiting.add(question);
      return;
    }
    source.inFlight++;
    switch (question) {
      case Question.Before before -> {
        LoadsInFlight.Call call = inFlight.begin(before, bound(before));
        raid.links.call(
            link,
            new Request.LoadBefore(call.oid, call.bound),
            answer -> loaded(source, call, answer));
      }
      case Question.Serial serial ->
          raid.links.call(
              link,
              new Request.LoadSerial(serial.oid(), serial.serial()),
              answer -> loadedSerial(source, serial, answer));
    }
  }

  /** The bound that is asked: it hides what is not announced yet. */
  private Tid bound(Question.Before question) {
    Tid bound = raid.announcements.last().next();
    boolean unannounced = question.before().isAfter(bound) && raid.keeps(Safeguard.READ_BOUND);
    return unannounced ? bound : question.before();
  }

  /**
   * The ready backend with the fewest questions in flight. With nothing in flight it stays the one
   * that was asked last, whose process is awake; those that are equally busy take turns.
   */
  private @Nullable Source leastBusy() {
    int count = ready.size();
    if (count == 0) {
      return null;
    }
    int first = Math.floorMod(turn, count);
    Source best = ready.get(first);
    if (best.inFlight == 0) {
      return best;
    }
    for (int i = 1; i < count; i++) {
      int index = (first + i) % count;
      Source other = ready.get(index);
      if (other.inFlight < best.inFlight) {
        best = other;
        turn = index;
      }
    }
    if (best == ready.get(first)) {
      turn = (first + 1) % count;
    }
    return best;
  }

  private void loaded(Source source, LoadsInFlight.Call call, Answer answer) {
    source.inFlight--;
    inFlight.end(call);
    switch (answer) {
      case Answer.Lost lost -> {
        notReady(source);
        askAgain(call.questions, lost.why());
      }
      case Answer.Failed failed -> failed(source, call.questions, failed.error());
      case Answer.Value(Object value) -> {
        if (!isCurrent(source) || call.stale) {
          call.questions.forEach(this::ask);
          return;
        }
        try {
          Loaded loaded = within(call.bound, Results.loaded(value));
          Loaded corrected =
              raid.keeps(Safeguard.READ_CORRECTION)
                  ? corrected(loaded, call.oid, call.asked)
                  : loaded;
          raid.cached.keep(call.oid, corrected);
          call.questions.forEach(question -> answer(question, new ClientReply.Revision(corrected)));
        } catch (ProtocolException e) {
          broken(source, call.questions, e);
        }
      }
    }
  }

  /** What a reply must be whatever the object holds, lest a wrong revision is served. */
  static @Nullable Loaded within(Tid bound, @Nullable Loaded loaded) {
    if (loaded != null) {
      Tid next = loaded.next();
      if (!bound.isAfter(loaded.serial()) || (next != null && bound.isAfter(next))) {
        throw new ProtocolException(
            "the revision before "
                + bound
                + " can't be that from "
                + loaded.serial()
                + " to "
                + next);
      }
    }
    return loaded;
  }

  /**
   * What a reply says about "next" is good for the bound that was asked; now more may have been
   * announced.
   */
  static @Nullable Loaded corrected(@Nullable Loaded loaded, Oid oid, Announcements.Entry asked) {
    if (loaded == null) {
      return null;
    }
    Tid next = loaded.next();
    if (next != null && !next.isAfter(asked.tid)) {
      return loaded;
    }
    Tid since = Announcements.changedAfter(asked, oid);
    return next == null && since == null
        ? loaded
        : new Loaded(loaded.data(), loaded.serial(), since);
  }

  private void loadedSerial(Source source, Question.Serial question, Answer answer) {
    source.inFlight--;
    switch (answer) {
      case Answer.Lost lost -> {
        notReady(source);
        askAgain(List.of(question), lost.why());
      }
      case Answer.Failed failed -> failed(source, List.of(question), failed.error());
      case Answer.Value(Object value) -> {
        try {
          answer(question, new ClientReply.Data(Results.bytes(value)));
        } catch (ProtocolException e) {
          broken(source, List.of(question), e);
        }
      }
    }
  }

  /**
   * An unknown object is an answer; a disk that can't be read is not: another backend may have the
   * record.
   */
  private void failed(Source source, List<? extends Question> questions, RemoteError error) {
    if (!isCurrent(source)) {
      questions.forEach(this::ask);
    } else if (Errors.isAnswer(error) || ready.size() < 2) {
      questions.forEach(question -> fail(question.session(), question.request(), error));
    } else {
      raid.warn(
          "backend "
              + source.name
              + " can't read: "
              + Errors.describe(error)
              + "; asking another one");
      source.ready = false;
      arrange();
      raid.links.close(source.link, "it can't read");
      askAgain(questions, "its backend can't read");
    }
  }

  private void broken(Source source, List<? extends Question> questions, ProtocolException e) {
    raid.error("backend " + source.name + " answered nonsense: " + e.getMessage());
    Link link = source.link;
    raid.links.close(link, "it answered nonsense");
    askAgain(questions, "its backend answered nonsense");
  }

  /** A question that breaks connection after connection must not go round for ever. */
  private void askAgain(List<? extends Question> questions, String why) {
    for (Question question : questions) {
      if (question.tries() >= MAX_TRIES) {
        fail(
            question.session(),
            question.request(),
            Errors.storage("the object can't be loaded from any backend: " + why));
      } else {
        ask(question.again());
      }
    }
  }

  private void answer(Question question, ClientReply reply) {
    raid.emit(new Effect.AnswerClient(question.session(), question.request(), reply));
  }

  private void fail(long session, long request, RemoteError error) {
    raid.emit(new Effect.AnswerClient(session, request, new ClientReply.Failed(error)));
  }
}
