package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every frame that a real client and a real server exchanged is understood, and written again byte
 * for byte.
 */
class GoldenFramesTest {

  static Stream<Arguments> recordings() {
    return Stream.of(Encoding.values())
        .flatMap(encoding ->
            Golden.SCENARIOS.stream().map(scenario -> Arguments.of(encoding, scenario)));
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void readsAndWritesWhatZeoWrote(Encoding encoding, String scenario) {
    Map<Integer, Conversation> conversations = new HashMap<>();
    for (Golden.Frame frame : Golden.frames(encoding, scenario)) {
      conversations
          .computeIfAbsent(frame.connection(), n -> new Conversation(encoding))
          .hear(frame);
    }
    assertTrue(conversations.size() >= 1);
  }

  @Test
  void recordingsHoldEveryMethodOfStockClients() {
    for (Encoding encoding : Encoding.values()) {
      Codec codec = Codec.of(encoding, Limits.DEFAULT);
      Set<Class<?>> seen = new HashSet<>();
      for (Golden.Frame frame : Golden.messages(encoding)) {
        if (frame.fromClient() && !Conversation.isMalformed(frame)) {
          Call call = codec.decodeCall(frame.buffer());
          if (call != null) {
            seen.add(call.request().getClass());
          }
        }
      }
      Set<Class<?>> missing = new HashSet<>(Set.of(Request.class.getPermittedSubclasses()));
      missing.removeAll(seen);
      missing.removeIf(type -> type.getSimpleName().startsWith("Raid"));
      missing.remove(Request.Refused.class);
      assertEquals(Set.of(), missing);
    }
  }

  /** One connection of a recording. */
  private static final class Conversation {
    private final Encoding announced;
    private final Map<String, Request> calls = new HashMap<>();
    private boolean greeted;
    private @Nullable Codec codec;
    private boolean ruok;

    Conversation(Encoding announced) {
      this.announced = announced;
    }

    static boolean isMalformed(Golden.Frame frame) {
      return frame.meaning().endsWith("'loadBefore', ())")
          || frame.meaning().endsWith("'loadSerial', (7, 8))");
    }

    void hear(Golden.Frame frame) {
      if (!greeted) {
        assertEquals(announced, Handshake.greeting(frame.buffer()));
        assertArrayEquals(frame.body(), Golden.bodyBytes(Handshake.frame(announced)));
        greeted = true;
      } else if (ruok) {
        assertTrue(new String(frame.body(), StandardCharsets.US_ASCII).startsWith("{\"1\": "));
      } else if (codec == null) {
        switch (Handshake.answer(frame.buffer())) {
          case Handshake.Answer.Version version ->
              codec = Codec.of(version.encoding(), Limits.DEFAULT);
          case Handshake.Answer.Ruok r -> ruok = true;
          case Handshake.Answer.Bad bad -> throw new AssertionError(bad.text());
        }
      } else if (frame.fromClient()) {
        call(codec, frame);
      } else {
        message(codec, frame);
      }
    }

    private void call(Codec codec, Golden.Frame frame) {
      if (isMalformed(frame)) {
        assertThrows(ProtocolException.class, () -> codec.decodeCall(frame.buffer()));
        return;
      }
      Call call = codec.decodeCall(frame.buffer());
      if (call == null) {
        assertArrayEquals(frame.body(), Golden.bodyBytes(codec.encodeKeepAlive()));
        return;
      }
      assertEquals(call.async(), call.request().isAsync());
      calls.put(Plain.show(call.id()), call.request());
      if (call.request() instanceof Request.Unknown unknown) {
        assertEquals("no_such_method", unknown.method());
        return;
      }
      byte[] again = codec.encodeCall(call.id(), call.request());
      if (call.request() instanceof Request.Register || call.request() instanceof Request.Pack) {
        // Stock clients pass on what the application gave as a flag, 0 or False.
        Call other = codec.decodeCall(Golden.body(again));
        assertEquals(Plain.show(call), Plain.show(other));
      } else {
        assertArrayEquals(frame.body(), Golden.bodyBytes(again), frame.meaning());
      }
    }

    private void message(Codec codec, Golden.Frame frame) {
      List<?> parts = codec.decode(frame.buffer(), true);
      if (!".reply".equals(parts.get(2))) {
        ServerMessage message = codec.decodeServerMessage(frame.buffer());
        assertArrayEquals(
            frame.body(), Golden.bodyBytes(codec.encodeAsync(message)), frame.meaning());
        return;
      }
      Object id = parts.get(0);
      if (id instanceof Long number) {
        ServerMessage message = codec.decodeServerMessage(frame.buffer());
        switch (message) {
          case ServerMessage.Reply reply -> assertEquals(number, reply.id());
          case ServerMessage.Failure failure -> {
            assertEquals(number, failure.id());
            assertTrue(Errors.isAnswer(failure.error()), frame.meaning());
          }
          default -> throw new AssertionError(message);
        }
      }
      Request request = calls.get(Plain.show(id));
      if (parts.get(1).equals(0L)) {
        byte[] again = codec.encodeReply(id, typed(request, parts.get(3)));
        assertArrayEquals(frame.body(), Golden.bodyBytes(again), frame.meaning());
        return;
      }
      List<?> error = assertInstanceOf(List.class, parts.get(3));
      if (frame.meaning().contains("MultipleUndoErrors") && codec.encoding() == Encoding.PICKLE) {
        // Holds exceptions as objects, which are never written.
        return;
      }
      byte[] again = codec.encodeFailure(id, new RemoteError((String) error.get(0), error.get(1)));
      assertArrayEquals(frame.body(), Golden.bodyBytes(again), frame.meaning());
    }

    /** The value as what the call promised, where {@link Results} knows it. */
    private static @Nullable Object typed(@Nullable Request request, @Nullable Object value) {
      return switch (request) {
        case Request.LoadBefore r -> Results.loaded(value);
        case Request.Register r -> Results.tid(value);
        case Request.LastTransaction r -> Results.tid(value);
        case Request.GetTid r -> Results.tid(value);
        case Request.TpcFinish r -> {
          assertEquals(value == null, Results.tid(value).equals(Tid.NONE));
          yield value;
        }
        case Request.NewOids r -> new PyList(Results.oids(value));
        case Request.LoadSerial r -> Results.bytes(value);
        case Request.GetInfo r -> Results.info(value);
        case Request.ServerStatus r -> Results.info(value);
        case Request.GetInvalidations r -> Results.invalidations(value);
        case Request.IteratorStart r -> Results.number(value);
        case Request.IteratorRecordStart r -> Results.number(value);
        case Request.IteratorNext r -> Results.transaction(value);
        case Request.IteratorRecordNext r -> Results.record(value);
        case Request.RecordIternext r -> Results.currentRecord(value);
        case Request.Vote r -> Results.vote(value);
        case Request.UndoLog r -> new PyList(Results.entries(value));
        case Request.UndoInfo r -> new PyList(Results.entries(value));
        case Request.History r -> new PyList(Results.entries(value));
        case null -> value;
        default -> {
          assertNull(value);
          yield null;
        }
      };
    }
  }
}
