package io.zeoraid.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The first frame in each direction: the server names its encoding and version, the client answers
 * with the ones it will use. Source: {@code finish_connection} in {@code ZEO/asyncio/server.py} and
 * {@code ZEO/asyncio/client.py}. Thread-safe.
 */
public final class Handshake {
  private static final int MAX_QUOTED = 32;

  private Handshake() {}

  /** What a client said in its first frame. */
  public sealed interface Answer {
    /** ZEO 5 in this encoding, which need not be the one that the server announced. */
    record Version(Encoding encoding) implements Answer {}

    /**
     * A monitor: wants the server's status as JSON in one frame, then the end of the connection.
     */
    record Ruok() implements Answer {}

    /**
     * Nothing that a ZEO 5 server understands; it closes the connection.
     *
     * @param text what came, shortened, safe to log
     */
    record Bad(String text) implements Answer {}
  }

  /** The whole frame that announces or answers ZEO 5 in this encoding: {@code Z5} or {@code M5}. */
  public static byte[] frame(Encoding encoding) {
    return frame(new byte[] {(byte) encoding.letter(), '5'});
  }

  /** The whole frame around a body that is no message: the answer to {@code ruok}. */
  public static byte[] frame(byte[] body) {
    return ByteBuffer.allocate(Integer.BYTES + body.length).putInt(body.length).put(body).array();
  }

  /**
   * The encoding that the server announced.
   *
   * @param body the first frame without its length
   * @throws ProtocolException if this is no server of ZEO 5
   */
  public static Encoding greeting(ByteBuffer body) {
    if (version(body) instanceof Answer.Version version) {
      return version.encoding();
    }
    throw new ProtocolException(
        "the server announced the protocol '"
            + quote(body)
            + "'; this client speaks Z5 and M5 (ZEO 5)");
  }

  /**
   * What the client answered.
   *
   * @param body the first frame without its length
   */
  public static Answer answer(ByteBuffer body) {
    if (isText(body, "ruok")) {
      return new Answer.Ruok();
    }
    return version(body);
  }

  private static Answer version(ByteBuffer body) {
    for (Encoding encoding : Encoding.values()) {
      if (isText(body, encoding.letter() + "5")) {
        return new Answer.Version(encoding);
      }
    }
    return new Answer.Bad(quote(body));
  }

  private static boolean isText(ByteBuffer body, String text) {
    return body.equals(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
  }

  private static String quote(ByteBuffer body) {
    var text = new StringBuilder();
    for (int i = 0; i < Math.min(body.remaining(), MAX_QUOTED); i++) {
      char c = (char) (body.get(body.position() + i) & 0xff);
      text.append(c < ' ' || c > '~' ? '?' : c);
    }
    return body.remaining() > MAX_QUOTED ? text + "…" : text.toString();
  }
}
