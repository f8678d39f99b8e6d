package io.zeoraid.server.transaction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.PyList;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.Transaction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TransactionBufferTest {
  private static final long ID = 7;
  private static final Codec PICKLE = Codec.of(Encoding.PICKLE, Limits.DEFAULT);
  private static final Tid SERIAL = new Tid(3);
  private static final Tid LATER = new Tid(9);
  private static final Tid GIVEN = new Tid(0x500);
  private static final Request.TpcBegin BEGIN =
      new Request.TpcBegin(99L, "u".getBytes(), "d".getBytes(), new byte[] {1}, null, " ");

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource
  void framesAreWhatTheCodecMakesOfTheOperations(Encoding encoding) throws IOException {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    List<byte[]> expected =
        List.of(
            codec.encodeCall(0, new Request.Store(new Oid(1), SERIAL, data(10), ID)),
            codec.encodeCall(0, new Request.CheckCurrentSerial(new Oid(2), SERIAL, ID)),
            codec.encodeCall(0, new Request.Store(new Oid(3), Tid.NONE, data(0), ID)),
            codec.encodeCall(0, new Request.DeleteObject(new Oid(4), SERIAL, ID)),
            codec.encodeCall(0, new Request.Undo("AAAAAAAAAAM=".getBytes(), ID)),
            codec.encodeCall(0, new Request.Restore(new Oid(5), GIVEN, data(7), SERIAL, ID)),
            codec.encodeCall(0, new Request.Restore(new Oid(6), GIVEN, null, null, ID)));

    for (long memoryBytes : new long[] {1 << 20, 100, 0}) {
      try (TransactionBuffer buffer = given(memoryBytes)) {
        buffer.store(store(1, 10));
        buffer.check(new Request.CheckCurrentSerial(new Oid(2), SERIAL, 99L));
        buffer.store(new Request.Store(new Oid(3), Tid.NONE, data(0), 99L));
        buffer.delete(new Request.DeleteObject(new Oid(4), SERIAL, 99L));
        buffer.undo(new Request.Undo("AAAAAAAAAAM=".getBytes(), 99L));
        buffer.restore(new Request.Restore(new Oid(5), GIVEN, data(7), SERIAL, 99L));
        buffer.restore(new Request.Restore(new Oid(6), GIVEN, null, null, 99L));
        buffer.complete();

        assertFrames(expected, buffer.frames(codec));
        assertFrames(expected, buffer.frames(codec));
      }
    }
  }

  @Test
  void aBlobComesBackInItsOrder() throws IOException {
    try (TransactionBuffer buffer = buffer(1 << 20, 1 << 20)) {
      buffer.store(store(1, 10));
      buffer.startBlob(new Request.StoreBlobStart());
      buffer.storeBlobChunk(new Request.StoreBlobChunk(data(5)));
      buffer.storeBlobChunk(new Request.StoreBlobChunk(data(0)));
      buffer.endBlob(new Request.StoreBlobEnd(new Oid(2), SERIAL, data(10), 99L));
      buffer.complete();

      assertEquals("", buffer.doom());
      assertEquals(List.of(new Oid(1), new Oid(2)), buffer.summary().oids());
      List<byte[]> expected =
          List.of(
              PICKLE.encodeCall(0, new Request.Store(new Oid(1), SERIAL, data(10), ID)),
              PICKLE.encodeCall(0, new Request.StoreBlobStart()),
              PICKLE.encodeCall(0, new Request.StoreBlobChunk(data(5))),
              PICKLE.encodeCall(0, new Request.StoreBlobChunk(data(0))),
              PICKLE.encodeCall(0, new Request.StoreBlobEnd(new Oid(2), SERIAL, data(10), ID)));
      assertFrames(expected, buffer.frames(PICKLE));
    }
  }

  @Test
  void aBlobIsNeverInMemory() {
    // Where no file can be made, needing one shows.
    Path missing = directory.resolve("missing");
    try (TransactionBuffer buffer =
        new TransactionBuffer(ID, BEGIN, new TransactionBuffer.Limits(1 << 20, 1 << 20, missing))) {
      buffer.startBlob(new Request.StoreBlobStart());
      assertTrue(buffer.doom().startsWith("the transaction can't be buffered"), buffer.doom());
    }
  }

  @Test
  void aBlobCountsTowardsTheSizeOfItsTransaction() throws IOException {
    try (TransactionBuffer buffer = buffer(0, 1000)) {
      buffer.startBlob(new Request.StoreBlobStart());
      for (int i = 0; i < 10; i++) {
        buffer.storeBlobChunk(new Request.StoreBlobChunk(data(100)));
      }
      assertTrue(buffer.doom().contains("max-transaction-size"), buffer.doom());
    }
  }

  @Test
  void partsOfBlobsThatABackendWouldNotTakeDoomTheTransaction() throws IOException {
    Request.StoreBlobStart start = new Request.StoreBlobStart();
    Request.StoreBlobChunk chunk = new Request.StoreBlobChunk(data(1));
    try (TransactionBuffer twice = buffer(0, 1 << 20);
        TransactionBuffer without = buffer(0, 1 << 20);
        TransactionBuffer open = buffer(0, 1 << 20)) {
      twice.startBlob(start);
      twice.startBlob(start);
      assertEquals("a blob was begun before the one before it had ended", twice.doom());
      without.storeBlobChunk(chunk);
      assertEquals("a part of a blob came, and none was begun", without.doom());
      open.startBlob(start);
      open.complete();
      assertEquals("a blob was begun, and did not end before the vote", open.doom());
    }
  }

  @Test
  void staysInMemoryUpToTheBoundAndGoesIntoAFileBeyond() {
    // Where no file can be made, needing one shows.
    Path missing = directory.resolve("missing");
    try (TransactionBuffer buffer =
        new TransactionBuffer(ID, BEGIN, new TransactionBuffer.Limits(1000, 1 << 20, missing))) {
      buffer.store(store(1, 1000 - 64));
      assertEquals("", buffer.doom());

      buffer.check(new Request.CheckCurrentSerial(new Oid(2), SERIAL, 99L));
      assertTrue(
          buffer.doom().startsWith("the transaction can't be buffered in " + missing + ": "),
          buffer.doom());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1 << 20, 100, 0})
  void whatIsResolvedTakesThePlaceOfWhatWasStored(long memoryBytes) throws IOException {
    try (TransactionBuffer buffer = buffer(memoryBytes, 1 << 20)) {
      buffer.store(store(1, 10));
      buffer.check(new Request.CheckCurrentSerial(new Oid(2), SERIAL, 99L));
      buffer.store(store(3, 30));
      buffer.complete();
      assertEquals(Map.of(new Oid(1), SERIAL, new Oid(3), SERIAL), buffer.storedOn());

      PyList told = buffer.toResolve(Map.of(new Oid(1), LATER), 1 << 20);
      assertEquals(1, told.size());
      buffer.store(new Request.Store(new Oid(1), LATER, data(11), 99L));
      buffer.store(store(4, 40));
      buffer.complete();

      List<byte[]> expected =
          List.of(
              PICKLE.encodeCall(0, new Request.CheckCurrentSerial(new Oid(2), SERIAL, ID)),
              PICKLE.encodeCall(0, new Request.Store(new Oid(3), SERIAL, data(30), ID)),
              PICKLE.encodeCall(0, new Request.Store(new Oid(1), LATER, data(11), ID)),
              PICKLE.encodeCall(0, new Request.Store(new Oid(4), SERIAL, data(40), ID)));
      assertFrames(expected, buffer.frames(PICKLE));
      assertEquals(
          Map.of(new Oid(1), LATER),
          buffer.storedOn().entrySet().stream()
              .filter(entry -> entry.getKey().equals(new Oid(1)))
              .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));

      // And once more, as nine times at most.
      buffer.toResolve(Map.of(new Oid(1), LATER.next()), 1 << 20);
      buffer.store(new Request.Store(new Oid(1), LATER.next(), data(12), 99L));
      buffer.complete();
      assertEquals(4, count(buffer.frames(PICKLE)));
    }
  }

  @Test
  void onlySoMuchIsHandedOverToBeResolvedButOneObjectAlways() throws IOException {
    try (TransactionBuffer buffer = buffer(1 << 20, 1 << 20)) {
      buffer.store(store(1, 1000));
      buffer.store(store(2, 1000));
      buffer.store(store(3, 10));
      Map<Oid, Tid> conflicts = Map.of(new Oid(1), LATER, new Oid(2), LATER, new Oid(3), LATER);

      assertEquals(1, buffer.toResolve(conflicts, 100).size());
      assertEquals(2, buffer.toResolve(conflicts, 1200).size());
      assertEquals(3, buffer.toResolve(conflicts, 2300).size());
    }
  }

  @Test
  void whatWasReplacedDoesNotCountAgainstTheLimit() throws IOException {
    try (TransactionBuffer buffer = buffer(1 << 20, 1500)) {
      buffer.store(store(1, 1000));
      buffer.complete();
      buffer.toResolve(Map.of(new Oid(1), LATER), 1 << 20);
      buffer.store(new Request.Store(new Oid(1), LATER, data(1000), 99L));
      assertEquals("", buffer.doom());
    }
  }

  @Test
  void whatIsReplacedAgainAndAgainIsBounded() throws IOException {
    try (TransactionBuffer buffer = buffer(0, 1500)) {
      buffer.store(store(1, 1000));
      for (int again = 0; again < 2; again++) {
        buffer.complete();
        buffer.toResolve(Map.of(new Oid(1), LATER), 1 << 20);
        assertEquals("", buffer.doom());
        buffer.store(new Request.Store(new Oid(1), LATER, data(1000), 99L));
      }
      assertTrue(buffer.doom().contains("max-transaction-size"), buffer.doom());
    }
  }

  @Test
  void whatIsToBeResolvedIsReadFromItsPlaceInTheFile() throws IOException {
    try (TransactionBuffer buffer = buffer(200, 1 << 20)) {
      buffer.store(store(1, 100));
      buffer.store(store(2, 101));
      buffer.store(store(3, 102));
      buffer.complete();
      PyList told = buffer.toResolve(Map.of(new Oid(3), LATER), 1 << 20);
      assertEquals(1, told.size());
      assertTrue(
          told.getFirst() instanceof Map<?, ?> conflict
              && conflict.get("data") instanceof byte[] data
              && Arrays.equals(data(102), data));
      buffer.toResolve(Map.of(new Oid(1), LATER), 1 << 20);
      buffer.store(new Request.Store(new Oid(1), LATER, data(7), 99L));
      buffer.complete();
      assertFrames(
          List.of(
              PICKLE.encodeCall(0, new Request.Store(new Oid(2), SERIAL, data(101), ID)),
              PICKLE.encodeCall(0, new Request.Store(new Oid(3), SERIAL, data(102), ID)),
              PICKLE.encodeCall(0, new Request.Store(new Oid(1), LATER, data(7), ID))),
          buffer.frames(PICKLE));
    }
  }

  private static int count(Iterator<byte[]> frames) {
    int count = 0;
    for (; frames.hasNext(); frames.next()) {
      count++;
    }
    return count;
  }

  @Test
  void whatIsInMemoryIsEncodedOnceForAllBackends() throws IOException {
    try (TransactionBuffer buffer = buffer(1 << 20, 1 << 20)) {
      buffer.store(store(1, 10));

      assertTrue(buffer.frames(PICKLE).next() == buffer.frames(PICKLE).next());
    }
  }

  @Test
  void severalBackendsReadTheFileAtTheirOwnSpeed() throws IOException {
    try (TransactionBuffer buffer = buffer(0, 64 << 20)) {
      List<byte[]> expected = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        buffer.store(store(i, 100_000));
        expected.add(
            PICKLE.encodeCall(0, new Request.Store(new Oid(i), SERIAL, data(100_000), ID)));
      }
      Iterator<byte[]> fast = buffer.frames(PICKLE);
      Iterator<byte[]> slow = buffer.frames(PICKLE);
      assertArrayEquals(expected.getFirst(), slow.next());
      assertFrames(expected, fast);
      assertFrames(expected.subList(1, expected.size()), slow);
    }
  }

  @Test
  void closingLeavesNoFile() throws IOException {
    TransactionBuffer buffer = buffer(0, 1 << 20);
    buffer.store(store(1, 10));

    buffer.close();

    assertEquals(0, files());
    buffer.close();
  }

  @Test
  void aTransactionThatHasEndedCannotBeReadAnyMore() throws IOException {
    TransactionBuffer buffer = buffer(0, 64 << 20);
    for (int i = 0; i < 40; i++) {
      buffer.store(store(i, 100_000));
    }
    Iterator<byte[]> halfRead = buffer.frames(PICKLE);
    halfRead.next();
    buffer.close();

    assertThrows(IOException.class, () -> buffer.frames(PICKLE));
    assertThrows(UncheckedIOException.class, () -> halfRead.forEachRemaining(frame -> {}));
  }

  @Test
  void aTransactionThatIsTooLargeIsDoomedAndGivesItsFileBack() throws IOException {
    try (TransactionBuffer buffer = buffer(100, 1000)) {
      buffer.store(store(1, 1000 - 64));
      assertEquals("", buffer.doom());

      buffer.store(store(2, 0));

      assertEquals(
          "the transaction is larger than 1000 bytes (max-transaction-size); commit in smaller steps",
          buffer.doom());
      assertEquals(0, files());
      buffer.store(store(3, 1 << 20));
      assertEquals(List.of(new Oid(1), new Oid(2)), buffer.summary().oids());
    }
  }

  @Test
  void theFirstDoomCounts() {
    try (TransactionBuffer buffer = buffer(0, 1000)) {
      buffer.doom("first");
      buffer.doom("second");
      buffer.store(store(1, 2000));

      assertEquals("first", buffer.doom());
    }
  }

  @Test
  void theDecisionsLearnOfEachOidOnce() {
    try (TransactionBuffer buffer = buffer(1 << 20, 1 << 20)) {
      buffer.store(store(2, 10));
      buffer.store(store(1, 20));
      buffer.store(store(2, 30));

      assertEquals(
          new Transaction(ID, List.of(new Oid(2), new Oid(1)), 3 * 64 + 60), buffer.summary());
    }
  }

  @Test
  void theDecisionsLearnOfWhatIsRestoredOrDeletedAndOfTheClientsTid() {
    try (TransactionBuffer buffer = given(1 << 20)) {
      buffer.delete(new Request.DeleteObject(new Oid(4), SERIAL, 99L));
      buffer.restore(new Request.Restore(new Oid(5), GIVEN, data(7), SERIAL, 99L));
      buffer.undo(new Request.Undo(new byte[12], 99L));

      assertEquals(
          new Transaction(
              ID, List.of(new Oid(4), new Oid(5)), 3 * 64 + 7 + 12 + (100 << 20), GIVEN),
          buffer.summary());
    }
  }

  @Test
  void thePrimaryIsToldTheClientsTidAndTheBackendsTheOneSettledOn() {
    try (TransactionBuffer buffer = given(0)) {
      assertEquals(GIVEN, buffer.begin(null).tid());
      assertEquals(new Tid(7), buffer.begin(new Tid(7)).tid());
    }
    try (TransactionBuffer buffer = buffer(0, 0)) {
      assertNull(buffer.begin(null).tid());
    }
  }

  @Test
  void aRevisionOfAnotherTransactionDoomsIt() {
    try (TransactionBuffer buffer = given(1 << 20)) {
      buffer.restore(new Request.Restore(new Oid(5), SERIAL, data(7), null, 99L));
      assertEquals(
          "a revision of 0000000000000003 can't be restored in a transaction that was begun as"
              + " 0000000000000500",
          buffer.doom());
    }
    try (TransactionBuffer buffer = buffer(1 << 20, 1 << 20)) {
      buffer.restore(new Request.Restore(new Oid(5), SERIAL, data(7), null, 99L));
      assertEquals(
          "a revision of 0000000000000003 can't be restored in a transaction that was begun"
              + " without a tid",
          buffer.doom());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"u", "c", "x", ""})
  void aStatusThatABackendWouldNotKeepDoomsIt(String status) {
    try (TransactionBuffer buffer = begun(null, status, 0)) {
      assertEquals("no transaction may have the status '" + status + "'", buffer.doom());
    }
  }

  @Test
  void aCopyOfAPackedTransactionKeepsItsStatus() {
    try (TransactionBuffer buffer = begun(GIVEN, "p", 0)) {
      assertEquals("", buffer.doom());
      assertEquals("p", buffer.begin(GIVEN).status());
    }
  }

  @Test
  void beginsAtTheBackendsUnderItsOwnNumberWithTheRaidsTid() {
    try (TransactionBuffer buffer = buffer(0, 0)) {
      Tid tid = new Tid(5);

      assertEquals(
          new Request.TpcBegin(ID, BEGIN.user(), BEGIN.description(), BEGIN.extension(), tid, " "),
          buffer.begin(tid));
      assertEquals(99L, buffer.clientsNumber());
      assertFalse(buffer.begin(tid).transaction().equals(buffer.clientsNumber()));
    }
  }

  private TransactionBuffer buffer(long memoryBytes, long maxBytes) {
    return new TransactionBuffer(
        ID, BEGIN, new TransactionBuffer.Limits(memoryBytes, maxBytes, directory));
  }

  private TransactionBuffer given(long memoryBytes) {
    return begun(GIVEN, " ", memoryBytes);
  }

  private TransactionBuffer begun(@Nullable Tid tid, String status, long memoryBytes) {
    return new TransactionBuffer(
        ID,
        new Request.TpcBegin(99L, BEGIN.user(), BEGIN.description(), new byte[0], tid, status),
        new TransactionBuffer.Limits(memoryBytes, 1 << 20, directory));
  }

  private static Request.Store store(int oid, int size) {
    return new Request.Store(new Oid(oid), SERIAL, data(size), 99L);
  }

  private static byte[] data(int size) {
    byte[] data = new byte[size];
    Arrays.fill(data, (byte) 'x');
    return data;
  }

  private static void assertFrames(List<byte[]> expected, Iterator<byte[]> frames) {
    for (byte[] frame : expected) {
      assertArrayEquals(frame, frames.next());
    }
    assertFalse(frames.hasNext());
  }

  private long files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    }
  }
}
