package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What clients missed that were away for longer than the queue reaches, but not for longer than
 * {@code invalidation-age} ({@code ZEO/StorageServer.py}, get_invalidations): a backend is
 * iterated, for one client after another. Whatever goes wrong, the client is told that nobody
 * knows, and verifies its cache.
 */
final class MissedChanges {
  /** A client that missed more than this must verify its cache. */
  private static final int MAX_OIDS = 1_000_000;

  private final Raid raid;
  private final Deque<Asked> waiting = new ArrayDeque<>();
  private @Nullable Reading reading;

  private record Asked(long session, long request, Tid since) {}

  MissedChanges(Raid raid) {
    this.raid = raid;
  }

  /**
   * Answers what changed after this tid.
   *
   * @param since what the client has; before all that the queue holds
   */
  void ask(long session, long request, Tid since) {
    Asked asked = new Asked(session, request, since);
    long age = raid.now.wallMillis() - Tids.toMillis(since);
    if (age < raid.settings.invalidationAgeMillis()) {
      waiting.add(asked);
      next();
    } else {
      answer(asked, new ClientReply.ChangesUnknown());
    }
  }

  void clientLeft(long session) {
    waiting.removeIf(asked -> asked.session() == session);
    Reading now = reading;
    if (now != null && now.asked.session() == session) {
      now.end();
    }
  }

  private void next() {
    if (reading != null) {
      return;
    }
    Asked asked = waiting.poll();
    if (asked == null) {
      return;
    }
    BackendName backend = raid.read.ready(Set.of(), 0);
    if (backend == null) {
      answer(asked, new ClientReply.ChangesUnknown());
      raid.later(this::next);
    } else {
      reading = new Reading(asked, backend);
    }
  }

  private void answer(Asked asked, ClientReply reply) {
    raid.emit(new Effect.AnswerClient(asked.session(), asked.request(), reply));
  }

  /** For one client. */
  private final class Reading {
    final Asked asked;
    private final Tid until = raid.announcements.last();
    private final Scope scope = new Scope();
    private final Set<Oid> oids = new TreeSet<>();
    private final Link link;

    Reading(Asked asked, BackendName backend) {
      this.asked = asked;
      link = raid.links.open(backend, raid.settings.connectMillis(), scope, this::opened);
    }

    private void opened(Link opened) {
      if (!opened.isUp() || until.isAfter(opened.seen)) {
        unknown("backend " + opened.backend + " can't be read");
        return;
      }
      HistoryReader reader = new HistoryReader(raid, opened);
      reader.startWithin(asked.since().next(), until);
      transaction(reader);
    }

    private void transaction(HistoryReader reader) {
      reader.nextHeader(
          scope.guard(step -> {
            switch (step) {
              case History.Step.Header(TransactionHeader header) -> record(reader);
              case History.Step.End end -> found();
              case History.Step.Broken broken -> unknown(broken.why());
              case History.Step.Data data -> unknown("a record in place of a transaction");
            }
          }));
    }

    private void record(HistoryReader reader) {
      reader.nextRecord(
          scope.guard(step -> {
            switch (step) {
              case History.Step.Data(DataRecord record) -> {
                oids.add(record.oid());
                if (oids.size() > MAX_OIDS) {
                  unknown("more than " + MAX_OIDS + " objects have changed");
                } else {
                  record(reader);
                }
              }
              case History.Step.End end -> transaction(reader);
              case History.Step.Broken broken -> unknown(broken.why());
              case History.Step.Header header -> unknown("a transaction in place of a record");
            }
          }));
    }

    /** And what was announced while the backend was read. */
    private void found() {
      raid.announcements
          .since(until)
          .ifPresentOrElse(
              later -> {
                oids.addAll(later);
                answer(
                    asked, new ClientReply.Changed(raid.announcements.last(), List.copyOf(oids)));
                end();
              },
              () -> unknown("too much was committed meanwhile"));
    }

    private void unknown(String why) {
      raid.info(
          "a client that has what was committed up to "
              + asked.since()
              + " has to verify its cache: "
              + why);
      answer(asked, new ClientReply.ChangesUnknown());
      end();
    }

    void end() {
      scope.end();
      raid.links.close(link, "read");
      reading = null;
      raid.later(MissedChanges.this::next);
    }
  }
}
