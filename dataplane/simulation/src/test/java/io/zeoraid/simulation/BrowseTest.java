package io.zeoraid.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.CurrentRecord;
import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** R5, Browse, step by step. */
final class BrowseTest {
  private static final int MOST_ITERATORS = 200;

  private final Story story = Story.serving(2);
  private ModelClient client = story.client;

  // What is asked.

  private ClientReply reply(Request what) {
    List<ClientReply> replies = new ArrayList<>();
    client.ask(new ClientRequest.Browse(what), replies::add);
    story.until(() -> !replies.isEmpty());
    return replies.getFirst();
  }

  private Object value(Request what) {
    if (reply(what) instanceof ClientReply.Value(Object value)) {
      return value;
    }
    throw new AssertionError("failed: " + what);
  }

  private RemoteError error(Request what) {
    if (reply(what) instanceof ClientReply.Failed(RemoteError error)) {
      return error;
    }
    throw new AssertionError("did not fail: " + what);
  }

  private long start() {
    return (Long) value(new Request.IteratorStart(null, null));
  }

  private @Nullable Tid next(long iterator) {
    return value(new Request.IteratorNext(iterator)) instanceof TransactionHeader header
        ? header.tid()
        : null;
  }

  private long records(long iterator, Tid tid) {
    return (Long) value(new Request.IteratorRecordStart(iterator, tid));
  }

  private @Nullable Oid record(long records) {
    return value(new Request.IteratorRecordNext(records)) instanceof DataRecord record
        ? record.oid()
        : null;
  }

  private List<Tid> history(Oid oid, int size) {
    return tids(value(new Request.History(oid, size)));
  }

  private List<Tid> undoLog(long first, long last) {
    return tids(value(new Request.UndoLog(first, last)));
  }

  private static List<Tid> tids(Object list) {
    List<Tid> tids = new ArrayList<>();
    for (Object entry : (List<?>) list) {
      Object tid = ((Map<?, ?>) entry).get("tid");
      Object id = ((Map<?, ?>) entry).get("id");
      tids.add(Tid.ofBytes(tid == null ? Base64.getDecoder().decode((byte[]) id) : (byte[]) tid));
    }
    return tids;
  }

  /** Iterates to the end. */
  private SortedMap<Tid, List<Oid>> iterated() {
    SortedMap<Tid, List<Oid>> found = new TreeMap<>();
    long iterator = start();
    for (Tid tid = next(iterator); tid != null; tid = next(iterator)) {
      List<Oid> oids = new ArrayList<>();
      long records = records(iterator, tid);
      for (Oid oid = record(records); oid != null; oid = record(records)) {
        oids.add(oid);
      }
      found.put(tid, oids);
    }
    return found;
  }

  private static SortedMap<Tid, List<Oid>> held(ModelServer server) {
    SortedMap<Tid, List<Oid>> held = new TreeMap<>();
    server.volume.log().forEach(c -> held.put(c.tid(), List.copyOf(c.records().keySet())));
    return held;
  }

  // What is there.

  /** Commits these as new objects in one transaction. */
  private Tid commit(ModelClient by, Oid... oids) {
    SortedMap<Oid, Tid> stores = new TreeMap<>();
    for (Oid oid : oids) {
      stores.put(oid, story.server("a").volume.current(oid));
    }
    return finished(story.new Tx(by, stores, null));
  }

  private static Tid finished(Story.Tx tx) {
    if (tx.untilVoted().finish().outcome() instanceof ClientReply.Finished(Tid tid)) {
      return tid;
    }
    throw new AssertionError("not committed");
  }

  private Oid newOid() {
    List<Oid> fresh = new ArrayList<>();
    story.client.newOid(fresh::add);
    story.until(() -> !fresh.isEmpty());
    return fresh.getFirst();
  }

  /** The backend that the client browses. */
  private ModelServer browsed() {
    return story.world.servers().stream()
        .filter(server -> server.openIterators() > 0)
        .findFirst()
        .orElseThrow();
  }

  // Iterators.

  @Test
  void iteratesOverEverythingButNoOpsWithAllRecords() {
    commit(client, newOid(), newOid(), newOid());
    story.committed();
    SortedMap<Tid, List<Oid>> held = held(story.server("a"));
    assertTrue(held.values().removeIf(List::isEmpty));
    assertEquals(held, iterated());
  }

  @Test
  void iteratesFromAndToATid() {
    Tid first = story.committed();
    Tid second = story.committed();
    story.committed();
    long iterator = (Long) value(new Request.IteratorStart(first.next(), second));
    assertEquals(second, next(iterator));
    assertNull(next(iterator));
    long empty = (Long) value(new Request.IteratorStart(second, first));
    assertNull(next(empty));
  }

  @Test
  void goesOnInTheMiddleOfATransactionWhenTheBackendIsKilled() {
    Oid[] oids = {newOid(), newOid(), newOid(), newOid()};
    Tid tid = commit(client, oids);
    Tid later = story.committed();
    long iterator = (Long) value(new Request.IteratorStart(tid, null));
    assertEquals(tid, next(iterator));
    long records = records(iterator, tid);
    assertEquals(oids[0], record(records));
    assertEquals(oids[1], record(records));
    ModelServer killed = browsed();
    killed.crash();
    assertEquals(oids[2], record(records));
    assertEquals(oids[3], record(records));
    assertNull(record(records));
    assertEquals(later, next(iterator));
    assertNull(next(iterator));
  }

  @Test
  void beginsToReadRecordsAfterTheBackendIsKilled() {
    Oid oid = newOid();
    Tid tid = commit(client, oid);
    long iterator = (Long) value(new Request.IteratorStart(tid, null));
    assertEquals(tid, next(iterator));
    browsed().crash();
    assertEquals(oid, record(records(iterator, tid)));
  }

  @Test
  void goesOnWithAnotherBackendWhenItsOwnIsDisabled() {
    Tid first = story.committed();
    Tid second = story.committed();
    long iterator = (Long) value(new Request.IteratorStart(first, null));
    assertEquals(first, next(iterator));
    ModelServer left = browsed();
    assertTrue(story.wish(new AdminRequest.Disable(left.name)).done());
    assertEquals(second, next(iterator));
    assertTrue(browsed() != left);
  }

  @Test
  void endsWithWhatWasAnnouncedWhenItWasStarted() {
    story.committed();
    long iterator = start();
    Tid later = story.committed();
    Tid last = null;
    for (Tid tid = next(iterator); tid != null; tid = next(iterator)) {
      last = tid;
    }
    assertTrue(last != null && later.isAfter(last));
  }

  @Test
  void readsTheRecordsOfTheLastTransactionAfterTheEnd() {
    Oid oid = newOid();
    Tid tid = commit(client, oid);
    long iterator = (Long) value(new Request.IteratorStart(tid, tid.next()));
    assertEquals(tid, next(iterator));
    long records = records(iterator, tid);
    assertNull(next(iterator));
    assertEquals(oid, record(records));
    assertNull(record(records));
    story.until(() -> openIterators() == 0);
  }

  @Test
  void readsTheRecordsOfTheLastTransactionAfterAnEndThatOnlyTheBackendKnew() {
    Oid oid = newOid();
    Tid tid = commit(client, oid);
    story.committed();
    long iterator = (Long) value(new Request.IteratorStart(tid, tid.next()));
    assertEquals(tid, next(iterator));
    long records = records(iterator, tid);
    assertNull(next(iterator)); // the backend closes the file (F9)
    assertEquals(oid, record(records));
    assertNull(record(records));
    story.until(() -> openIterators() == 0);
  }

  private long openIterators() {
    return story.world.servers().stream().mapToLong(ModelServer::openIterators).sum();
  }

  @Test
  void numbersIteratorsAndFailsAsAZeoServer() {
    Tid tid = commit(client, newOid());
    assertEquals(0, start());
    assertEquals(1, (Long) value(new Request.IteratorStart(tid, null)));
    assertEquals(Errors.keyError(1L), error(new Request.IteratorRecordStart(1, tid)));
    assertEquals(tid, next(1));
    RemoteError outOfOrder = error(new Request.IteratorRecordStart(1, tid.next()));
    assertEquals("builtins.Exception", outOfOrder.type());
    assertEquals(4, records(1, tid), "what failed has taken a number, too");
    assertNull(next(1));
    assertEquals(Errors.keyError(1L), error(new Request.IteratorNext(1)));
    assertEquals(Errors.keyError(7L), error(new Request.IteratorNext(7)));
    record(4);
    assertNull(record(4));
    assertEquals(Errors.keyError(4L), error(new Request.IteratorRecordNext(4)));
    assertNull(value(new Request.IteratorGc(List.of(0L, 4L, 99L))));
    assertEquals(Errors.keyError(0L), error(new Request.IteratorNext(0)));
  }

  @Test
  void answersInOrderThoughAllIsAskedAtOnce() {
    Tid tid = commit(client, newOid());
    List<ClientReply> replies = new ArrayList<>();
    for (Request what :
        List.of(
            new Request.IteratorStart(tid, null),
            new Request.IteratorNext(0),
            new Request.IteratorRecordStart(0, tid),
            new Request.IteratorRecordNext(1),
            new Request.IteratorRecordNext(1),
            new Request.IteratorNext(0))) {
      client.ask(new ClientRequest.Browse(what), replies::add);
    }
    story.until(() -> replies.size() == 6);
    assertEquals(new ClientReply.Value(0L), replies.get(0));
    assertEquals(new ClientReply.Value(1L), replies.get(2));
    assertEquals(new ClientReply.Value(null), replies.get(4));
    assertEquals(new ClientReply.Value(null), replies.get(5));
  }

  @Test
  void boundsHowManyIteratorsAreOpen() {
    for (int i = 0; i < MOST_ITERATORS; i++) {
      start();
    }
    assertTrue(
        Errors.describe(error(new Request.IteratorStart(null, null))).contains("200 iterators"));
    value(new Request.IteratorGc(List.of(3L)));
    assertEquals(MOST_ITERATORS + 1, start());
  }

  @Test
  void letsGoOfABackendsIteratorsWithTheClients() {
    story.committed();
    long iterator = start();
    next(iterator);
    assertEquals(1, openIterators());
    value(new Request.IteratorGc(List.of(iterator)));
    story.until(() -> openIterators() == 0);
    next(start());
    assertEquals(1, openIterators());
    client.disconnect();
    story.until(() -> openIterators() == 0);
  }

  @Test
  void closesItsConnectionWhenTheClientDoesNotBrowseAnyMore() {
    story.committed();
    undoLog(0, 1);
    long before = connections();
    story.world.run(130_000);
    assertEquals(before - 1, connections());
    assertEquals(1, undoLog(0, 1).size());
  }

  private long connections() {
    return story.world.servers().stream().mapToLong(server -> server.wires().size()).sum();
  }

  @Test
  void waitsWhileNoBackendIsReady() {
    Tid tid = story.committed();
    story.server("a").crash();
    story.server("b").crash();
    story.world.run(3000);
    List<ClientReply> replies = new ArrayList<>();
    client.ask(new ClientRequest.Browse(new Request.UndoLog(0, 20)), replies::add);
    story.world.run(3000);
    assertTrue(replies.isEmpty());
    story.server("a").restart();
    story.server("b").restart();
    story.until(() -> !replies.isEmpty());
    assertTrue(
        replies.getFirst() instanceof ClientReply.Value(Object value) && tids(value).contains(tid));
  }

  @Test
  void isNotHeldUpByABackendThatHangs() {
    List<ModelClient> clients = List.of(client, story.anotherClient(), story.anotherClient());
    Tid tid = story.committed();
    story.server("a").hang(60_000, 60_000);
    for (ModelClient each : clients) {
      client = each;
      assertEquals(List.of(tid), undoLog(0, 1));
    }
  }

  // What is not announced.

  /** One is committed at a, but not at b, and so it is not announced. */
  private Story.Tx half(Oid oid) {
    Story.Tx tx =
        story
        .new Tx(
            story.client, new TreeMap<>(Map.of(oid, story.server("a").volume.current(oid))), null);
    tx.untilVoted();
    story.server("b").hang(8000, 60_000);
    int before = story.server("a").volume.log().size();
    tx.finish();
    story.until(() -> story.server("a").volume.log().size() > before);
    return tx;
  }

  /** A client that browses a before anything is half committed. */
  private ModelClient atA() {
    for (int i = 0; i < 10; i++) {
      client = story.anotherClient();
      next(start());
      if (story.server("a").openIterators() > 0) {
        return client;
      }
      client.disconnect();
      story.until(() -> openIterators() == 0);
    }
    throw new AssertionError("nobody browses a");
  }

  @Test
  void listsOnlyWhatIsAnnounced() {
    story.committed();
    story.committed();
    Oid oid = newOid();
    Tid first = commit(client, oid);
    ModelClient reader = atA();
    Story.Tx tx = half(oid);
    client = reader;
    assertEquals(List.of(first), history(oid, 1));
    assertEquals(List.of(first), undoLog(0, 1));
    assertTrue(undoLog(1, 3).size() == 2 && !undoLog(1, 3).contains(first));
    assertEquals(first, iterated().lastKey());
    CurrentRecord record = (CurrentRecord) value(new Request.RecordIternext(oid));
    assertEquals(first, record.tid());
    assertTrue(story.server("a").volume.lastTid().isAfter(first));
    Tid second = finishedOf(tx);
    assertEquals(List.of(second, first), history(oid, 5));
    assertEquals(second, iterated().lastKey());
  }

  @Test
  void doesNotShowAnObjectWhoseCreationIsNotAnnounced() {
    Oid oid = newOid();
    commit(client, oid);
    ModelClient reader = atA();
    Oid created = newOid();
    Story.Tx tx = half(created);
    client = reader;
    assertTrue(Errors.isPosKeyError(error(new Request.History(created, 1))));
    CurrentRecord last = (CurrentRecord) value(new Request.RecordIternext(oid));
    assertNull(last.next());
    assertEquals("builtins.ValueError", error(new Request.RecordIternext(created)).type());
    finishedOf(tx);
    last = (CurrentRecord) value(new Request.RecordIternext(oid));
    assertEquals(created, last.next());
  }

  private static Tid finishedOf(Story.Tx tx) {
    if (tx.outcome() instanceof ClientReply.Finished(Tid tid)) {
      return tid;
    }
    throw new AssertionError("not committed");
  }

  @Test
  void walksOverAllObjects() {
    List<Oid> oids = List.of(newOid(), newOid(), newOid());
    commit(client, oids.toArray(Oid[]::new));
    List<Oid> found = new ArrayList<>();
    Oid from = null;
    do {
      CurrentRecord record = (CurrentRecord) value(new Request.RecordIternext(from));
      found.add(record.oid());
      from = record.next();
    } while (from != null);
    assertTrue(found.containsAll(oids));
  }

  @Test
  void takesAnUnknownObjectForAnAnswer() {
    assertTrue(Errors.isPosKeyError(error(new Request.History(new Oid(12345), 1))));
    assertTrue(story.isInSync("a") && story.isInSync("b"));
  }

  @Test
  void browsesAtASecondary() {
    Story several = new Story(World.Options.plain(2, 2));
    several.start();
    Tid tid = several.committed();
    for (RaidProcess raid : several.world.raids()) {
      ModelClient reader = several.world.newClient(raid.slot);
      reader.connect();
      several.until(reader::isReady);
      List<ClientReply> replies = new ArrayList<>();
      reader.ask(new ClientRequest.Browse(new Request.UndoLog(0, 1)), replies::add);
      several.until(() -> !replies.isEmpty());
      assertTrue(
          replies.getFirst() instanceof ClientReply.Value(Object value)
              && tids(value).equals(List.of(tid)));
    }
  }
}
