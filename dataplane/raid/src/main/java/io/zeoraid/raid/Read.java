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
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * R5, Read: any in-sync backend of the view is asked, with a bound that hides what is not announced
 * yet. A reply is good for the bound that was asked: a next tid beyond what was announced becomes
 * "current", and a transaction announced since the question becomes the next tid if it changed the
 * object, so that a late reply can't say "current". A new connection is read from only after it
 * showed everything announced. What a backend that left the view says is thrown away, and asked of
 * another one.
 */
final class Read {
  private static final long AGAIN_MILLIS = 500;
  private static final int MAX_TRIES = 5;

  /** A question of a client. */
  private sealed interface Question {
    long session();

    long request();

    /** How often it was asked in vain. */
    int tries();

    /** The same, asked in vain once more. */
    Question again();

    record Before(long session, long request, Oid oid, Tid before, int tries) implements Question {
      @Override
      public Question again() {
        return new Before(session, request, oid, before, tries + 1);
      }
    }

    record Serial(long session, long request, Oid oid, Tid serial, int tries) implements Question {
      @Override
      public Question again() {
        return new Serial(session, request, oid, serial, tries + 1);
      }
    }
  }

  /** A connection that is read from. */
  private static final class Source {
    final BackendName name;
    @Nullable Link link;
    boolean ready;
    int inFlight;
    boolean packing;

    Source(BackendName name) {
      this.name = name;
    }
  }

  private final Raid raid;
  private final SortedMap<BackendName, Source> sources = new TreeMap<>();
  private List<Source> ready = List.of();
  private Deque<Question> waiting = new ArrayDeque<>();
  private int turn;

  Read(Raid raid) {
    this.raid = raid;
  }

  // The view.

  /** The set of in-sync backends, or whether this server serves, may be another now. */
  void viewChanged() {
    // As long as nobody knows what was announced, no connection could show that it has it.
    if (!raid.membership.isKnown() || raid.announcements.last().equals(Tid.NONE)) {
      return;
    }
    var inSync = raid.membership.record().inSync();
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
  }

  /**
   * A take-over begins. What is in sync stays readable meanwhile: reads are bounded by what was
   * announced.
   */
  void pause() {
    arrange();
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
      raid.warn(
          "backend "
              + source.name
              + " shows "
              + link.seen
              + " as its last transaction, but "
              + raid.announcements.last()
              + " was announced; it is not read from");
      raid.links.close(link, "it lacks what was announced");
      raid.watch.suspect();
      reopen(source);
    } else {
      link.whenLost =
          lost -> {
            source.ready = false;
            arrange();
            raid.watch.suspect();
            if (isCurrent(source)) {
              open(source);
            }
          };
      source.ready = true;
      arrange();
    }
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
  }

  void clientLeft(long session) {
    waiting.removeIf(question -> question.session() == session);
  }

  // Questions.

  void load(long session, long request, ClientRequest.Load load) {
    ask(new Question.Before(session, request, load.oid(), load.before(), 0));
  }

  void loadSerial(long session, long request, ClientRequest.LoadSerial load) {
    if (load.serial().isAfter(raid.announcements.last())) {
      fail(session, request, Errors.posKeyError(load.oid()));
      return;
    }
    ask(new Question.Serial(session, request, load.oid(), load.serial(), 0));
  }

  private void ask(Question question) {
    Source source = leastBusy();
    Link link = source == null ? null : source.link;
    if (source == null || link == null || raid.announcements.last().equals(Tid.NONE)) {
      waiting.add(question);
      return;
    }
    source.inFlight++;
    switch (question) {
      case Question.Before before -> {
        Tid bound = raid.announcements.last().next();
        Announcements.Entry asked = raid.announcements.newest();
        boolean unannounced = before.before().isAfter(bound) && raid.keeps(Safeguard.READ_BOUND);
        Tid asking = unannounced ? bound : before.before();
        raid.links.call(
            link,
            new Request.LoadBefore(before.oid(), asking),
            answer -> loaded(source, before, asked, answer));
      }
      case Question.Serial serial ->
          raid.links.call(
              link,
              new Request.LoadSerial(serial.oid(), serial.serial()),
              answer -> loadedSerial(source, serial, answer));
    }
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

  private void loaded(
      Source source, Question.Before question, Announcements.Entry asked, Answer answer) {
    source.inFlight--;
    switch (answer) {
      case Answer.Lost lost -> askAgain(question, lost.why());
      case Answer.Failed failed -> failed(source, question, failed.error());
      case Answer.Value(Object value) -> {
        if (!isCurrent(source)) {
          ask(question);
          return;
        }
        try {
          Loaded loaded = Results.loaded(value);
          answer(
              question,
              new ClientReply.Revision(
                  raid.keeps(Safeguard.READ_CORRECTION)
                      ? corrected(loaded, question.oid(), asked)
                      : loaded));
        } catch (ProtocolException e) {
          broken(source, question, e);
        }
      }
    }
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
      case Answer.Lost lost -> askAgain(question, lost.why());
      case Answer.Failed failed -> failed(source, question, failed.error());
      case Answer.Value(Object value) -> {
        try {
          answer(question, new ClientReply.Data(Results.bytes(value)));
        } catch (ProtocolException e) {
          broken(source, question, e);
        }
      }
    }
  }

  /**
   * An unknown object is an answer; a disk that can't be read is not: another backend may have the
   * record.
   */
  private void failed(Source source, Question question, RemoteError error) {
    if (!isCurrent(source)) {
      ask(question);
    } else if (Errors.isAnswer(error) || ready.size() < 2) {
      fail(question.session(), question.request(), error);
    } else {
      raid.warn(
          "backend "
              + source.name
              + " can't read: "
              + Errors.describe(error)
              + "; asking another one");
      elsewhere(source, question);
    }
  }

  private void broken(Source source, Question question, ProtocolException e) {
    raid.error("backend " + source.name + " answered nonsense: " + e.getMessage());
    Link link = source.link;
    raid.links.close(link, "it answered nonsense");
    askAgain(question, "its backend answered nonsense");
  }

  private void elsewhere(Source source, Question question) {
    source.ready = false;
    arrange();
    raid.links.close(source.link, "it can't read");
    askAgain(question, "its backend can't read");
  }

  /** A question that breaks connection after connection must not go round for ever. */
  private void askAgain(Question question, String why) {
    if (question.tries() >= MAX_TRIES) {
      fail(
          question.session(),
          question.request(),
          Errors.storage("the object can't be loaded from any backend: " + why));
    } else {
      ask(question.again());
    }
  }

  private void answer(Question question, ClientReply reply) {
    raid.emit(new Effect.AnswerClient(question.session(), question.request(), reply));
  }

  private void fail(long session, long request, RemoteError error) {
    raid.emit(new Effect.AnswerClient(session, request, new ClientReply.Failed(error)));
  }
}
