package io.zeoraid.server.membership;

import static io.zeoraid.server.membership.Eventually.failure;
import static io.zeoraid.server.membership.Eventually.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.Heartbeat;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import io.zeoraid.server.membership.MembershipStore.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several servers of one machine on one file: in this process, and in others. */
@Timeout(120)
final class SharedFileTest {
  private static final MembershipRecord FIRST =
      MembershipRecord.first(Map.of(new BackendName("a"), BackendState.IN_SYNC), new Tid(5));

  @TempDir private Path directory;
  private Path file;
  private FileMembershipStore store;
  private FileMembershipStore other;

  @BeforeEach
  void open() throws IOException {
    file = directory.resolve("membership");
    store = FileMembershipStore.open(file);
    other = FileMembershipStore.open(file);
  }

  @AfterEach
  void close() {
    store.close();
    other.close();
  }

  // The record.

  @Test
  void whatOneWritesTheOtherReads() {
    Stored first = written(store, Optional.empty(), FIRST);
    assertEquals(Optional.of(first), value(other.read()));

    Stored second = written(other, Optional.of(first.version()), FIRST.nextRevision());

    assertEquals(
        new Outcome.Refused(second),
        value(store.compareAndSet(Optional.of(first.version()), FIRST.nextRevision())));
  }

  @Test
  void noChangeIsLostAmongThreadsAndProcesses() throws IOException {
    written(store, Optional.empty(), FIRST);
    try (StoreProcess near = new StoreProcess(file);
        StoreProcess far = new StoreProcess(file)) {
      near.begin("count 50");
      far.begin("count 50");
      CompletableFuture<String> here =
          CompletableFuture.supplyAsync(() -> StoreProcess.count(store, 50));
      CompletableFuture<String> there =
          CompletableFuture.supplyAsync(() -> StoreProcess.count(other, 50));

      assertEquals(
          List.of("counted", "counted", "counted", "counted"),
          List.of(here.join(), there.join(), near.answer(), far.answer()));
    }
    assertEquals(
        FIRST.revision() + 200, value(store.read()).map(it -> it.record().revision()).orElse(0L));
  }

  @Test
  void aLockThatIsNotGivenBackIsNoAnswer() throws IOException {
    try (RecordLock _ = RecordLock.take(directory.toRealPath().resolve("membership.lock"))) {
      String words = failure(store.compareAndSet(Optional.empty(), FIRST));
      assertTrue(words.contains("membership.lock for 5 s; if a ZEORaid server is stopped"), words);
    }
    written(store, Optional.empty(), FIRST);
  }

  // The watch.

  @Test
  void aWatchTellsOfWhatOthersWrite() {
    List<Stored> told = new CopyOnWriteArrayList<>();
    other.watch(told::add);
    Stored first = written(store, Optional.empty(), FIRST);
    Eventually.holds(() -> told.contains(first));

    Stored second = written(store, Optional.of(first.version()), FIRST.nextRevision());

    Eventually.holds(() -> told.contains(second));
    assertEquals(List.of(first, second), told);
  }

  @Test
  void aWatchGoesOnAfterAFileThatIsDamagedOrAwayAndAListenerThatFails() throws IOException {
    List<Stored> told = new CopyOnWriteArrayList<>();
    other.watch(stored -> {
      told.add(stored);
      if (told.size() == 1) {
        throw new IllegalStateException("a listener that fails");
      }
    });
    Stored first = written(store, Optional.empty(), FIRST);
    Eventually.holds(() -> told.contains(first));
    String text = Files.readString(file);
    Files.writeString(file, "{");
    Files.delete(file);
    Files.writeString(file, text);

    Stored second = written(store, Optional.of(first.version()), FIRST.nextRevision());

    Eventually.holds(() -> told.contains(second));
  }

  // The heartbeat.

  @Test
  void nobodyBeatsAtFirst() {
    assertEquals(new Heartbeat.Silent(), value(store.heartbeat()));
  }

  @Test
  void eachBeatShowsAnotherMarkToAllStores() {
    store.beat("zeo-1");
    Heartbeat.Beating first = beating(other, "zeo-1");
    assertEquals(first, value(store.heartbeat()));
    assertEquals(first, value(other.heartbeat()));

    store.beat("zeo-1");

    Eventually.see(() -> beating(other, "zeo-1").mark(), mark -> !mark.equals(first.mark()));
  }

  @Test
  void aPrimaryThatEndsItsBeatsIsSilentAtOnceAndMayBeginAnew() {
    store.beat("zeo-1");
    store.endBeats();
    assertEquals(new Heartbeat.Silent(), value(store.heartbeat()));
    assertEquals(new Heartbeat.Silent(), value(other.heartbeat()));

    store.beat("zeo-1");

    beating(other, "zeo-1");
  }

  @Test
  void aStoreThatIsClosedIsSilentAndLeavesTheBeatsOfOthersAlone() throws IOException {
    store.beat("zeo-1");
    beating(other, "zeo-1");
    other.beat("zeo-2");
    beating(store, "zeo-2");
    try (StoreProcess far = new StoreProcess(file)) {
      store.close();

      // Closing one did not drop the lock of the other, seen from another process.
      assertTrue(far.tell("end").startsWith("Beating[primary=zeo-2"));
      other.close();
      assertEquals("Silent[]", far.tell("end"));
    }
  }

  @Test
  void lookingAtABeatFromItsOwnProcessDoesNotEndIt() throws IOException {
    store.beat("zeo-1");
    beating(other, "zeo-1");
    FileMembershipStore.open(file).close();
    beating(store, "zeo-1");
    try (StoreProcess far = new StoreProcess(file)) {
      assertTrue(far.tell("end").startsWith("Beating[primary=zeo-1"));
    }
    beating(other, "zeo-1");
  }

  @Test
  void aProcessThatIsKilledIsSilentAtOnce() throws Exception {
    try (StoreProcess far = new StoreProcess(file)) {
      assertTrue(far.tell("beat zeo-9").startsWith("Beating[primary=zeo-9"));
      beating(store, "zeo-9");

      far.kill();

      assertEquals(new Heartbeat.Silent(), value(store.heartbeat()));
    }
  }

  @Test
  void aProcessThatIsStoppedShowsAMarkThatStandsStillAndKeepsNoSuccessorFromBeating()
      throws Exception {
    try (StoreProcess far = new StoreProcess(file)) {
      far.tell("beat zeo-9");
      far.signal("STOP");
      Heartbeat.Beating before = beating(store, "zeo-9");
      assertEquals(before, value(store.heartbeat()));

      store.beat("zeo-10");

      beating(other, "zeo-10");
      far.signal("CONT");
      far.tell("end");
      beating(other, "zeo-10");
    }
  }

  @Test
  void manyWhoLookDoNotKeepAPrimaryFromBeatingForEver() throws IOException {
    try (StoreProcess far = new StoreProcess(file)) {
      far.tell("beat zeo-9");
      far.tell("end");
      List<CompletableFuture<Heartbeat>> looks = new CopyOnWriteArrayList<>();
      for (int i = 0; i < 200; i++) {
        looks.add(store.heartbeat().toCompletableFuture());
        looks.add(other.heartbeat().toCompletableFuture());
      }
      // Shared looks never take each other for a primary.
      looks.forEach(look -> assertEquals(new Heartbeat.Silent(), look.join()));

      Eventually.see(
          () -> {
            try {
              return far.tell("beat zeo-9");
            } catch (IOException e) {
              return e.toString();
            }
          },
          answer -> answer.startsWith("Beating"));
      beating(store, "zeo-9");
    }
  }

  @Test
  void aHeartbeatFileThatIsDeletedIsMadeAnewByTheNextBeat() throws IOException {
    Path beside = directory.resolve("membership.primary");
    store.beat("zeo-1");
    beating(other, "zeo-1");

    Files.delete(beside);
    assertEquals(new Heartbeat.Silent(), value(other.heartbeat()));

    store.beat("zeo-1");
    beating(other, "zeo-1");
    try (StoreProcess far = new StoreProcess(file)) {
      assertTrue(far.tell("end").startsWith("Beating[primary=zeo-1"));
    }
  }

  @Test
  void aHeartbeatFileWithSomethingElseIsNoAnswerUntilTheNextBeat() throws IOException {
    Files.writeString(directory.resolve("membership.primary"), "something else");
    assertTrue(failure(store.heartbeat()).contains("does not look like a heartbeat"));

    store.beat("zeo-1");

    beating(store, "zeo-1");
    beating(other, "zeo-1");
  }

  @Test
  void aClosedStoreGivesNoAnswer() {
    store.close();
    store.beat("zeo-1");
    store.endBeats();

    assertEquals("the membership store is closed", failure(store.read()));
    assertEquals("the membership store is closed", failure(store.heartbeat()));
    assertEquals(
        "the membership store is closed", failure(store.compareAndSet(Optional.empty(), FIRST)));
  }

  private static Heartbeat.Beating beating(MembershipStore store, String primary) {
    return assertInstanceOf(
        Heartbeat.Beating.class,
        Eventually.see(
            () -> value(store.heartbeat()),
            it -> it instanceof Heartbeat.Beating beat && beat.primary().equals(primary)));
  }

  private static Stored written(
      MembershipStore store, Optional<String> version, MembershipRecord record) {
    return assertInstanceOf(Outcome.Written.class, value(store.compareAndSet(version, record)))
        .stored();
  }
}
