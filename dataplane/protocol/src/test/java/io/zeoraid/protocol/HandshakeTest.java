package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class HandshakeTest {

  @Test
  void framesSayTheEncodingAndVersion5() {
    assertArrayEquals(new byte[] {0, 0, 0, 2, 'Z', '5'}, Handshake.frame(Encoding.PICKLE));
    assertArrayEquals(new byte[] {0, 0, 0, 2, 'M', '5'}, Handshake.frame(Encoding.MSGPACK));
    assertArrayEquals(new byte[] {0, 0, 0, 1, 7}, Handshake.frame(new byte[] {7}));
  }

  @Test
  void greetingsOfZeo5AreUnderstood() {
    assertEquals(Encoding.PICKLE, Handshake.greeting(buffer("Z5")));
    assertEquals(Encoding.MSGPACK, Handshake.greeting(buffer("M5")));
  }

  @Test
  void otherGreetingsAreRefusedInWords() {
    for (String other :
        List.of("Z4", "Z310", "Z6", "X5", "", "5", "Z5 ", "HTTP/1.1 400 Bad Request\r\n")) {
      var e = assertThrows(ProtocolException.class, () -> Handshake.greeting(buffer(other)));
      String message = String.valueOf(e.getMessage());
      assertTrue(message.contains("Z5 and M5"), message);
      assertTrue(message.length() < 150, message);
    }
  }

  @Test
  void answersChooseTheEncoding() {
    assertEquals(new Handshake.Answer.Version(Encoding.PICKLE), Handshake.answer(buffer("Z5")));
    assertEquals(new Handshake.Answer.Version(Encoding.MSGPACK), Handshake.answer(buffer("M5")));
    assertEquals(new Handshake.Answer.Ruok(), Handshake.answer(buffer("ruok")));
  }

  @Test
  void badAnswersCanBeLogged() {
    assertEquals(new Handshake.Answer.Bad("GET /?"), Handshake.answer(buffer("GET /\n")));
    var bad = (Handshake.Answer.Bad) Handshake.answer(ByteBuffer.allocate(100_000));
    assertEquals("?".repeat(32) + "…", bad.text());
  }

  private static ByteBuffer buffer(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
