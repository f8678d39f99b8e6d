package io.zeoraid.server.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import io.zeoraid.server.membership.MembershipStore.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class FileMembershipStoreTest {
  private static final MembershipRecord FIRST =
      MembershipRecord.first(Map.of(new BackendName("a"), BackendState.IN_SYNC), new Tid(5));
  private static final MembershipRecord SECOND = FIRST.takenOverBy("zeo-1", "127.0.0.1:8100");

  @TempDir private Path directory;
  private Path file;
  private FileMembershipStore store;

  @BeforeEach
  void open() throws IOException {
    file = directory.resolve("membership");
    store = FileMembershipStore.open(file);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void thereIsNoRecordAtFirst() {
    assertEquals(Optional.empty(), value(store.read()));
  }

  @Test
  void readsWhatWasWrittenAlsoAfterARestart() throws IOException {
    Stored stored = written(Optional.empty(), FIRST);
    assertEquals(FIRST, stored.record());
    assertEquals(Optional.of(stored), value(store.read()));

    store.close();
    store = FileMembershipStore.open(file);

    assertEquals(Optional.of(stored), value(store.read()));
    assertEquals(SECOND, written(Optional.of(stored.version()), SECOND).record());
  }

  @Test
  void eachChangeHasAVersionOfItsOwn() {
    Stored first = written(Optional.empty(), FIRST);
    Stored second = written(Optional.of(first.version()), FIRST);

    assertFalse(first.version().equals(second.version()));
  }

  @Test
  void aChangeOfAnotherVersionIsRefusedWithTheRecordThatIsThere() {
    Stored first = written(Optional.empty(), FIRST);
    Stored second = written(Optional.of(first.version()), SECOND);

    assertEquals(
        new Outcome.Refused(second),
        value(store.compareAndSet(Optional.of(first.version()), FIRST)));
    assertEquals(new Outcome.Refused(second), value(store.compareAndSet(Optional.empty(), FIRST)));
    assertEquals(Optional.of(second), value(store.read()));
  }

  @Test
  void aChangeOfARecordThatIsNotThereHasNoAnswer() {
    assertTrue(
        failure(store.compareAndSet(Optional.of("3"), FIRST)).contains("no membership record"));
    assertFalse(Files.exists(file));
  }

  @Test
  void aFolderThatDoesNotExistIsNamed() {
    Path elsewhere = directory.resolve("missing/membership");

    IOException e = assertThrows(IOException.class, () -> FileMembershipStore.open(elsewhere));

    assertTrue(String.valueOf(e.getMessage()).contains("set membership-file"), e.getMessage());
  }

  @Test
  void aCorruptFileIsNoAnswerRatherThanNoRecord() throws IOException {
    for (String text : List.of("", "{", "{\"format\":1}", "{\"format\":2}", "\0\0\0\0")) {
      Files.writeString(file, text);

      String words = failure(store.read());
      assertTrue(words.startsWith(file + " is not a membership record: "), words);
      failure(store.compareAndSet(Optional.empty(), FIRST));
      assertEquals(text, Files.readString(file));
    }
  }

  @Test
  void aVersionThatIsNoNumberIsNoAnswer() throws IOException {
    written(Optional.empty(), FIRST);
    Files.writeString(
        file, Files.readString(file).replace("\"version\" : \"1\"", "\"version\" : \"x\""));

    assertTrue(failure(store.read()).contains("version should be a number, not x"));
  }

  @Test
  void aFileThatCannotBeReadIsNoAnswerRatherThanNoRecord() throws IOException {
    Files.createDirectory(file);
    assertTrue(failure(store.read()).startsWith(file + " can't be read: "));

    Files.delete(file);
    Path loop = Files.createSymbolicLink(file, file);
    assertTrue(failure(store.read()).startsWith(loop + " can't be read: "));
  }

  @Test
  void aFileThatHasVanishedIsNoAnswerRatherThanNoRecord() throws IOException {
    Stored first = written(Optional.empty(), FIRST);
    Files.delete(file);

    assertTrue(failure(store.read()).startsWith(file + " has vanished"));
    failure(store.compareAndSet(Optional.of(first.version()), SECOND));
    failure(store.compareAndSet(Optional.empty(), SECOND));
    assertFalse(Files.exists(file));
  }

  @Test
  void aWriteThatFailsLeavesTheOldRecord() throws IOException {
    Stored first = written(Optional.empty(), FIRST);
    // Where the new file would be written there is something else.
    Path obstacle = Files.createDirectory(directory.resolve("membership.new"));

    String words = failure(store.compareAndSet(Optional.of(first.version()), SECOND));

    assertTrue(words.startsWith(file + " can't be written: "), words);
    assertEquals(Optional.of(first), value(store.read()));
    Files.delete(obstacle);
    assertEquals(SECOND, written(Optional.of(first.version()), SECOND).record());
  }

  @Test
  void aHalfWrittenFileOfACrashIsNeverTakenForTheRecord() throws IOException {
    Stored first = written(Optional.empty(), FIRST);
    Path half = directory.resolve("membership.new");
    Files.writeString(half, "{ \"format\" : 1, \"ver");

    assertEquals(Optional.of(first), value(store.read()));
    assertEquals(SECOND, written(Optional.of(first.version()), SECOND).record());
    assertFalse(Files.exists(half));
  }

  private Stored written(Optional<String> version, MembershipRecord record) {
    return assertInstanceOf(Outcome.Written.class, value(store.compareAndSet(version, record)))
        .stored();
  }

  private static <T> T value(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static String failure(CompletionStage<?> stage) {
    CompletionException e =
        assertThrows(CompletionException.class, () -> stage.toCompletableFuture().join());
    Throwable cause = e.getCause();
    return cause == null ? "" : String.valueOf(cause.getMessage());
  }
}
