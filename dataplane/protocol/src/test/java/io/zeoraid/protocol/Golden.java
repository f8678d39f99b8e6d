package io.zeoraid.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The recordings that {@code src/test/golden/record.py} made of a real client and a real server.
 */
final class Golden {
  static final List<String> SCENARIOS =
      List.of(
          "connect",
          "commit",
          "load",
          "conflict",
          "undo",
          "iterate",
          "blob",
          "restore",
          "administration",
          "client-resolution");

  private Golden() {}

  /**
   * A frame.
   *
   * @param meaning the message as ZEO decoded it, shortened
   * @param connection which of the recording's connections it passed on
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by content everywhere.
  record Frame(String meaning, boolean fromClient, int connection, byte[] body) {
    ByteBuffer buffer() {
      return ByteBuffer.wrap(body);
    }
  }

  /** The frames of a recording, in their order. */
  static List<Frame> frames(Encoding encoding, String scenario) {
    List<Frame> frames = new ArrayList<>();
    String meaning = "";
    for (String line : lines(name(encoding) + "-" + scenario + ".txt")) {
      if (line.startsWith("# ")) {
        meaning = line.substring(2);
      } else {
        String[] words = line.split(" ", 3);
        frames.add(
            new Frame(meaning, words[0].equals(">"), Integer.parseInt(words[1]), bytes(words[2])));
      }
    }
    return frames;
  }

  /** The messages of all recordings in this encoding, without handshakes. */
  static List<Frame> messages(Encoding encoding) {
    List<Frame> messages = new ArrayList<>();
    for (String scenario : SCENARIOS) {
      Map<Integer, Integer> seen = new HashMap<>();
      for (Frame frame : frames(encoding, scenario)) {
        boolean handshake = seen.merge(frame.connection(), 1, Integer::sum) <= 2;
        if (!handshake && frame.body()[0] != '{') {
          messages.add(frame);
        }
      }
    }
    return messages;
  }

  /** Each value's name, the encoding's name and its bytes, in hexadecimal. */
  static List<String[]> values() {
    List<String[]> values = new ArrayList<>();
    for (String line : lines("values.txt")) {
      if (!line.startsWith("#")) {
        values.add(line.split(" \\| ", 3));
      }
    }
    return values;
  }

  static byte[] bytes(String hexadecimal) {
    var out = new java.io.ByteArrayOutputStream();
    for (String piece : hexadecimal.split(" ", -1)) {
      int star = piece.indexOf('*');
      if (star < 0) {
        out.writeBytes(HexFormat.of().parseHex(piece));
      } else {
        byte[] run = new byte[Integer.parseInt(piece.substring(star + 1))];
        Arrays.fill(run, HexFormat.of().parseHex(piece.substring(0, star))[0]);
        out.writeBytes(run);
      }
    }
    return out.toByteArray();
  }

  /** The frame's body, after a look at its length. */
  static ByteBuffer body(byte[] frame) {
    ByteBuffer buffer = ByteBuffer.wrap(frame);
    int length = buffer.getInt();
    if (length != buffer.remaining()) {
      throw new AssertionError("the frame says " + length + " and has " + buffer.remaining());
    }
    return buffer;
  }

  /** The frame's body, after a look at its length. */
  static byte[] bodyBytes(byte[] frame) {
    ByteBuffer body = body(frame);
    byte[] bytes = new byte[body.remaining()];
    body.get(bytes);
    return bytes;
  }

  static String name(Encoding encoding) {
    return switch (encoding) {
      case PICKLE -> "pickle";
      case MSGPACK -> "msgpack";
    };
  }

  private static List<String> lines(String file) {
    try (InputStream in = Golden.class.getResourceAsStream("/golden/" + file)) {
      if (in == null) {
        throw new AssertionError("no recording " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
