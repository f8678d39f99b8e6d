package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorsTest {

  @ParameterizedTest
  @EnumSource
  void failuresOfABackendCanBePassedOnInTheOtherEncoding(Encoding encoding) {
    Codec one = Codec.of(encoding, Limits.DEFAULT);
    Codec two =
        Codec.of(encoding == Encoding.PICKLE ? Encoding.MSGPACK : Encoding.PICKLE, Limits.DEFAULT);
    int count = 0;
    for (Golden.Frame frame : Golden.messages(encoding)) {
      if (frame.fromClient()
          || !(one.decode(frame.buffer(), true).get(0) instanceof Long)
          || !(one.decodeServerMessage(frame.buffer()) instanceof ServerMessage.Failure failure)) {
        continue;
      }
      ServerMessage passedOn =
          two.decodeServerMessage(Golden.body(two.encodeFailure(failure.id(), failure.error())));
      String expected = Plain.show(failure);
      assertEquals(
          expected.replace("list[", "tuple("), Plain.show(passedOn).replace("list[", "tuple("));
      count++;
    }
    assertTrue(count >= 10, "only " + count);
  }

  @Test
  void multipleUndoErrorsAreTheSameInBothEncodings() {
    for (Encoding encoding : Encoding.values()) {
      Codec codec = Codec.of(encoding, Limits.DEFAULT);
      Golden.Frame frame =
          Golden.messages(encoding).stream()
              .filter(f -> f.meaning().contains("MultipleUndoErrors"))
              .findFirst()
              .orElseThrow();
      var failure = (ServerMessage.Failure) codec.decodeServerMessage(frame.buffer());
      assertEquals(
          "{ \"_reason\": b'0000000000000001'"
              + " \"_oid\": \"Some data were modified by a later transaction\""
              + " \"_errs\": list["
              + " tuple( b'0000000000000001' \"Some data were modified by a later transaction\")"
              + " tuple( b'0000000000000002'"
              + " \"Can't undo an add transaction followed by conflicting transactions.\"))}",
          Plain.show(failure.error().arguments()));
      assertTrue(Errors.isAnswer(failure.error()));
    }
  }

  @Test
  void whatOnlyPickleCanSayBecomesText() {
    BigInteger big = BigInteger.ONE.shiftLeft(80);
    BigInteger most = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
    Codec pickle = Codec.of(Encoding.PICKLE, Limits.DEFAULT);
    PyList odd = new PyList(Arrays.asList(big, big.negate(), most, null, -1L));
    RemoteError said = new RemoteError("x", List.of(Map.of(big, odd)));

    var heard =
        (ServerMessage.Failure)
            pickle.decodeServerMessage(Golden.body(pickle.encodeFailure(1L, said)));

    List<?> plain = Arrays.asList(big.toString(), big.negate().toString(), most, null, -1L);
    assertEquals(new RemoteError("x", List.of(Map.of(big.toString(), plain))), heard.error());
    Codec msgpack = Codec.of(Encoding.MSGPACK, Limits.DEFAULT);
    assertThrows(IllegalArgumentException.class, () -> msgpack.encodeFailure(1L, said));
    assertEquals(
        heard, msgpack.decodeServerMessage(Golden.body(msgpack.encodeFailure(1L, heard.error()))));
  }

  @Test
  void textThatIsNoUtf8CanBePassedOn() {
    Codec msgpack = Codec.of(Encoding.MSGPACK, Limits.DEFAULT);
    for (int count : new int[] {1, 100, 1000, 10_000}) {
      RemoteError odd = new RemoteError("x\udc80", List.of("half \udc80".repeat(count)));

      ServerMessage heard =
          msgpack.decodeServerMessage(Golden.body(msgpack.encodeFailure(1L, odd)));

      RemoteError said = new RemoteError("x?", List.of("half ?".repeat(count)));
      assertEquals(new ServerMessage.Failure(1, said), heard);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ConflictError", "ReadConflictError", "BTreesConflictError"})
  void conflictsAreAnswers(String name) {
    var error = new RemoteError("ZODB.POSException." + name, Map.of());
    assertTrue(Errors.isConflict(error));
    assertTrue(Errors.isAnswer(error));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ZODB.POSException.POSKeyError",
        "ZODB.POSException.ReadOnlyError",
        "ZODB.POSException.StorageTransactionError",
        "ZODB.POSException.UndoError",
        "ZODB.POSException.MultipleUndoErrors",
        "ZODB.FileStorage.FileStorage.FileStorageError",
        "builtins.KeyError",
        "builtins.TypeError",
        "builtins.ValueError",
        "exceptions.KeyError"
      })
  void whatTheRequestCausedIsAnAnswer(String type) {
    assertTrue(Errors.isAnswer(new RemoteError(type, List.of())));
    assertFalse(Errors.isConflict(new RemoteError(type, List.of())));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "builtins.OSError",
        "builtins.IOError",
        "builtins.MemoryError",
        "builtins.RuntimeError",
        "exceptions.IOError",
        "KeyError",
        "ZODB.POSException.StorageError",
        "ZODB.POSException.StorageSystemError",
        "ZODB.FileStorage.FileStorage.FileStorageQuotaError",
        "ZODB.FileStorage.FileStorage.CorruptedTransactionError",
        "ZODB.FileStorage.format.CorruptedDataError",
        "struct.error",
        ""
      })
  void whatTheStorageSuffersFromIsNoAnswer(String type) {
    assertFalse(Errors.isAnswer(new RemoteError(type, List.of())));
  }

  @Test
  void argumentsAreThoseThatClientsRebuildExceptionsFrom() {
    assertEquals(
        "RemoteError( \"ZODB.POSException.ReadOnlyError\" tuple())", Plain.show(Errors.readOnly()));
    assertEquals(
        "RemoteError( \"ZODB.POSException.POSKeyError\" tuple( b'0000000000000007'))",
        Plain.show(Errors.posKeyError(new Oid(7))));
    assertEquals(
        "RemoteError( \"ZODB.POSException.StorageTransactionError\" tuple( None Long 7))",
        Plain.show(Errors.wrongTransaction(null, 7L)));
    assertEquals(
        "RemoteError( \"builtins.ValueError\" tuple( \"unknown storage: x\"))",
        Plain.show(Errors.valueError("unknown storage: x")));
  }

  @Test
  void descriptionsAreOneShortLine() {
    assertEquals("ReadOnlyError", Errors.describe(Errors.readOnly()));
    assertEquals("POSKeyError: 0000000000000007", Errors.describe(Errors.posKeyError(new Oid(7))));
    assertEquals(
        "UndoError: _reason=no such thing, _oid=None",
        Errors.describe(
            new RemoteError(
                "ZODB.POSException.UndoError",
                new java.util.TreeMap<>(Map.of("_reason", "no such\nthing", "_oid", "None"))
                    .descendingMap())));
    String endless =
        Errors.describe(new RemoteError("X", Collections.nCopies(1_000_000, "endless\n")));
    assertTrue(endless.length() < 500 && endless.indexOf('\n') < 0, endless);
  }
}
