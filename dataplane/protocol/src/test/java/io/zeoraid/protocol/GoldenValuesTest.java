package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Values are written as Python writes them, and read from whatever protocol Python wrote them in.
 */
class GoldenValuesTest {

  @Test
  void writesValuesAsZodbpickleDoes() {
    int count = 0;
    for (String[] line : Golden.values()) {
      if (line[1].equals("fast")) {
        assertArrayEquals(
            Golden.bytes(line[2]), Golden.bodyBytes(PickleWriter.frame(value(line[0]))), line[0]);
        count++;
      }
    }
    assertTrue(count >= 80, "only " + count);
  }

  @Test
  void writesValuesAsMsgpackDoes() {
    int count = 0;
    for (String[] line : Golden.values()) {
      if (line[1].equals("msgpack")) {
        assertArrayEquals(
            Golden.bytes(line[2]), Golden.bodyBytes(MsgpackWriter.frame(value(line[0]))), line[0]);
        count++;
      }
    }
    assertTrue(count >= 80, "only " + count);
  }

  @Test
  void readsValuesOfEveryProtocolFromHeapAndDirectBuffers() {
    int count = 0;
    for (String[] line : Golden.values()) {
      byte[] bytes = Golden.bytes(line[2]);
      ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length + 7).position(3);
      direct.put(bytes).limit(direct.position()).position(3).order(ByteOrder.LITTLE_ENDIAN);
      for (ByteBuffer buffer : List.of(ByteBuffer.wrap(bytes), direct, direct.asReadOnlyBuffer())) {
        boolean msgpack = line[1].equals("msgpack");
        Object value =
            msgpack
                ? MsgpackReader.read(buffer, Limits.DEFAULT)
                : new PickleReader(buffer, Limits.DEFAULT, false).read();
        String expected = Plain.show(value(line[0]));
        // Msgpack has only arrays.
        assertEquals(
            msgpack ? expected.replace("list[", "tuple(") : expected,
            Plain.show(value),
            line[0] + " in " + line[1]);
        assertEquals(bytes.length, buffer.remaining(), "the buffer stays where it is");
        count++;
      }
    }
    assertTrue(count > 500, "only " + count);
  }

  /** The value that the recorder gave this name. */
  private static @Nullable Object value(String name) {
    String[] words = name.split(" ", 2);
    String rest = words.length == 1 ? "" : words[1];
    return switch (words[0]) {
      case "None" -> null;
      case "True" -> true;
      case "False" -> false;
      case "int" -> PickleText.narrow(new BigInteger(rest));
      case "float" -> rest.equals("inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(rest);
      case "str" ->
          switch (rest) {
            case "empty" -> "";
            case "ascii" -> "name\n\\u\\'";
            case "latin" -> "jos\u00e9";
            case "euro" -> "\u20ac";
            case "astral" -> Character.toString(0x1f600);
            case "surrogate" -> "\ud800";
            default -> "s".repeat(Integer.parseInt(rest));
          };
      case "bytes" -> "b".repeat(Integer.parseInt(rest)).getBytes(StandardCharsets.US_ASCII);
      case "tuple" -> Collections.nCopies(Integer.parseInt(rest), null);
      case "list" -> new PyList(Collections.nCopies(Integer.parseInt(rest), null));
      case "dict" -> {
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        for (long i = 0; i < Integer.parseInt(rest); i++) {
          map.put(i, null);
        }
        yield map;
      }
      case "nested" -> {
        Map<Object, Object> map =
            new LinkedHashMap<>(Map.of("k", List.of(new byte[] {'v'}, new PyList())));
        yield new PyList(List.of(List.of(1L, new PyList(List.of(2L, map))), List.of()));
      }
      case "shared" -> {
        List<Object> same = List.of("12345678".getBytes(StandardCharsets.US_ASCII), "text");
        yield new PyList(Arrays.asList(same, same, List.of(same)));
      }
      case "prefix" -> new Prefix(List.of("", "site", "folder"));
      default -> throw new AssertionError("no value is called " + name);
    };
  }
}
