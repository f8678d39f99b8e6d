package io.zeoraid.server.storage;

import io.zeoraid.raid.Effect;
import io.zeoraid.raid.Event;
import io.zeoraid.server.membership.MembershipStore;
import io.zeoraid.server.net.Loop;
import java.util.function.Consumer;

/**
 * Asks the membership store what the decisions want of it. The store answers on its own threads;
 * each answer becomes an event on the event loop. Confined to the event loop.
 */
final class MembershipCalls {
  private final Loop loop;
  private final MembershipStore store;
  private final String server;
  private final Consumer<Event> happened;

  /**
   * Nothing is asked before {@link #watch}.
   *
   * @param server whose heartbeat it is
   * @param happened told on the event loop
   */
  MembershipCalls(Loop loop, MembershipStore store, String server, Consumer<Event> happened) {
    this.loop = loop;
    this.store = store;
    this.server = server;
    this.happened = happened;
  }

  /** Tells of each record that the store sees from now on. */
  void watch() {
    store.watch(stored -> tell(new Event.RecordWatched(stored)));
  }

  void beat() {
    store.beat(server);
  }

  void endBeats() {
    store.endBeats();
  }

  void readHeartbeat(long request) {
    store
        .heartbeat()
        .whenComplete((heartbeat, trouble) ->
            tell(
                trouble == null
                    ? new Event.HeartbeatRead(request, heartbeat)
                    : new Event.HeartbeatUnreadable(request, words(trouble))));
  }

  void readRecord(long request) {
    store
        .read()
        .whenComplete((stored, trouble) ->
            tell(
                trouble == null
                    ? new Event.RecordRead(request, stored)
                    : new Event.RecordUnreadable(request, words(trouble))));
  }

  void writeRecord(Effect.WriteRecord write) {
    store
        .compareAndSet(write.version(), write.record())
        .whenComplete((outcome, trouble) ->
            tell(
                trouble == null
                    ? answer(write.request(), outcome)
                    : new Event.RecordUnanswered(write.request(), words(trouble))));
  }

  private static Event answer(long request, MembershipStore.Outcome outcome) {
    return switch (outcome) {
      case MembershipStore.Outcome.Written written ->
          new Event.RecordWritten(request, written.stored());
      case MembershipStore.Outcome.Refused refused ->
          new Event.RecordRefused(request, refused.current());
    };
  }

  private void tell(Event event) {
    loop.execute(() -> happened.accept(event));
  }

  private static String words(Throwable trouble) {
    Throwable cause = trouble.getCause() == null ? trouble : trouble.getCause();
    return String.valueOf(cause.getMessage());
  }
}
