package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Good data in the wrong place. */
class MalformedMessageTest {
  private static final byte[] EIGHT = new byte[8];

  @ParameterizedTest
  @EnumSource
  void messagesWithoutTheirFourPartsAreRefused(Encoding encoding) {
    assertCallRefused(encoding, 7L, "a message should be (id, flag, method, arguments)");
    assertCallRefused(encoding, List.of(1L, false, "ping"), "not tuple of 3");
    assertCallRefused(encoding, List.of(1L, false, "ping", List.of(), 1L), "not tuple of 5");
    assertCallRefused(encoding, Map.of(1L, 2L), "not dict of 1");
    assertCallRefused(encoding, Arrays.asList(null, false, "ping", List.of()), "an id, not None");
    assertCallRefused(encoding, List.of(1L, false, 7L, List.of()), "should be a str, not int");
    assertCallRefused(encoding, List.of(1L, false, EIGHT, List.of()), "a str, not 8 bytes");
    assertCallRefused(encoding, List.of(1L, "x", "ping", List.of()), "a bool or an int, not str");
    assertCallRefused(encoding, List.of(1L, false, "ping", "x"), "should be a tuple, not str");
    assertCallRefused(
        encoding, Arrays.asList(1L, false, "ping", null), "should be a tuple, not None");
  }

  @ParameterizedTest
  @EnumSource
  void wrongArgumentsAreNamed(Encoding encoding) {
    assertCallRefused(
        encoding,
        List.of(1L, false, "loadBefore", List.of(EIGHT, new byte[7])),
        "argument 2 of loadBefore should be a tid of 8 bytes, not 7 bytes");
    assertCallRefused(
        encoding,
        List.of(1L, false, "loadBefore", List.of()),
        "loadBefore takes 2 arguments, not 0");
    assertCallRefused(
        encoding,
        List.of(0L, true, "tpc_begin", List.of(1L)),
        "tpc_begin takes 4 to 6 arguments, not 1");
    assertCallRefused(
        encoding,
        List.of(1L, true, "register", List.of(1L, true)),
        "argument 1 of register should be a str, not int");
  }

  @ParameterizedTest
  @EnumSource
  void theSerialOfANewObjectMayBeNoneOrZerosAsText(Encoding encoding) {
    for (Object serial : Arrays.asList(EIGHT, null, "\0".repeat(8))) {
      List<@Nullable Object> arguments = Arrays.asList(EIGHT, serial, EIGHT, 1L);
      Object message = List.of(0L, true, "storea", arguments);
      Call call =
          Codec.of(encoding, Limits.DEFAULT)
              .decodeCall(Golden.body(RoundTripTest.frame(encoding, message)));
      Request request = Objects.requireNonNull(call).request();
      assertEquals(Tid.NONE, assertInstanceOf(Request.Store.class, request).serial());
    }
    assertCallRefused(
        encoding,
        List.of(0L, true, "storea", List.of(EIGHT, "12345678", EIGHT, 1L)),
        "argument 2 of storea should be a tid of 8 bytes, not str");
  }

  @ParameterizedTest
  @EnumSource
  void noArgumentOfAnyMethodLeadsToAnotherException(Encoding encoding) {
    List<@Nullable Object> values =
        Arrays.asList(
            null,
            true,
            1.5,
            7L,
            "x",
            EIGHT,
            new byte[3],
            List.of(),
            List.of("x"),
            Map.of("k", 1L),
            Map.of());
    List<String> methods =
        List.of(
            "register",
            "get_info",
            "lastTransaction",
            "getInvalidations",
            "new_oids",
            "pack",
            "loadBefore",
            "storea",
            "checkCurrentSerialInTransaction",
            "restorea",
            "storeBlobStart",
            "storeBlobChunk",
            "storeBlobEnd",
            "storeBlobShared",
            "deleteObject",
            "tpc_begin",
            "vote",
            "tpc_finish",
            "tpc_abort",
            "history",
            "record_iternext",
            "sendBlob",
            "getTid",
            "loadSerial",
            "undoa",
            "undoLog",
            "undoInfo",
            "iterator_start",
            "iterator_next",
            "iterator_record_start",
            "iterator_record_next",
            "iterator_gc",
            "server_status",
            "set_client_label",
            "ping",
            "raid_status",
            "raid_details",
            "raid_disable",
            "raid_recover",
            "raid_reload");
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    int refused = 0;
    for (String method : methods) {
      for (int count = 0; count < 8; count++) {
        for (Object value : values) {
          Object call = List.of(1L, false, method, new PyList(Collections.nCopies(count, value)));
          try {
            codec.decodeCall(Golden.body(RoundTripTest.frame(encoding, call)));
          } catch (ProtocolException e) {
            assertTrue(String.valueOf(e.getMessage()).contains(method), e.getMessage());
            refused++;
          }
        }
      }
    }
    assertTrue(refused > 3000, "only " + refused);
  }

  @ParameterizedTest
  @EnumSource
  void wrongMessagesOfAServerAreRefused(Encoding encoding) {
    assertMessageRefused(encoding, List.of("x", 0L, ".reply", 1L), "not str");
    assertMessageRefused(encoding, List.of(List.of(EIGHT, EIGHT), 0L, ".reply", 1L), "as its id");
    assertMessageRefused(encoding, List.of(1L, 2L, ".reply", 1L), "(class name, arguments)");
    assertMessageRefused(
        encoding, List.of(1L, 2L, ".reply", List.of("x")), "(class name, arguments)");
    assertMessageRefused(
        encoding, List.of(1L, 2L, ".reply", Arrays.asList("x", null)), "(class name, arguments)");
    assertMessageRefused(
        encoding,
        List.of(0L, true, "beginVerify", List.of()),
        "which a ZEO 5 client does not have");
    assertMessageRefused(encoding, List.of(0L, true, "info", List.of(1L)), "info takes a dict");
    assertMessageRefused(
        encoding,
        List.of(0L, true, "invalidateTransaction", List.of(EIGHT, List.of("x"))),
        "a list of oids");
    assertMessageRefused(
        encoding, List.of(0L, true, "receiveBlobChunk", List.of(EIGHT, EIGHT)), "3 arguments");
  }

  @Test
  void longMessagesAreRefused() {
    Codec codec = Codec.of(Encoding.PICKLE, new Limits(10, 10, 10, 10));
    var e = assertThrows(ProtocolException.class, () -> codec.decodeCall(ByteBuffer.allocate(11)));
    assertEquals("a message of 11 bytes is too long; at most 10 are allowed", e.getMessage());
  }

  @Test
  void strangeObjectsCannotBeWritten() {
    for (Encoding encoding : Encoding.values()) {
      Codec codec = Codec.of(encoding, Limits.DEFAULT);
      assertThrows(
          IllegalArgumentException.class,
          () -> codec.encodeReply(1L, new ArrayList<>(List.of('c'))));
      assertThrows(
          IllegalArgumentException.class,
          () -> codec.encodeAsync(new ServerMessage.Reply(1, null)));
    }
  }

  @Test
  void limitsMustBePositive() {
    assertThrows(IllegalArgumentException.class, () -> new Limits(0, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Limits(1, 1, 501, 1));
  }

  private static void assertCallRefused(Encoding encoding, Object message, String why) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    ByteBuffer body = Golden.body(RoundTripTest.frame(encoding, message));
    var e = assertThrows(ProtocolException.class, () -> codec.decodeCall(body));
    assertTrue(String.valueOf(e.getMessage()).contains(why), e.getMessage());
  }

  private static void assertMessageRefused(Encoding encoding, Object message, String why) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    ByteBuffer body = Golden.body(RoundTripTest.frame(encoding, message));
    var e = assertThrows(ProtocolException.class, () -> codec.decodeServerMessage(body));
    assertTrue(String.valueOf(e.getMessage()).contains(why), e.getMessage());
  }
}
