package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostileMsgpackTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "c1",
        "c4",
        "c401",
        "c5ffff",
        "c6ffffffff",
        "c67fffffff00",
        "a1",
        "a1ff",
        "d9",
        "d905",
        "da",
        "dbffffffff",
        "db7fffffff00",
        "91",
        "dc",
        "dcffff",
        "dd7fffffff",
        "ddffffffff",
        "81",
        "8100",
        "de0001",
        "df7fffffff",
        "dfffffffff",
        "cb00",
        "cd00",
        "cf00000000",
        "d3",
        "c0c0",
        "9000",
        "81900000",
        "818000",
        "c70000",
        "c8000000",
        "d400",
        "d40000",
        "d6ff00000000",
        "c9ffffffff00"
      })
  void brokenOrForeignValuesAreRefusedWithoutReservingMemory(String hexadecimal) {
    byte[] bytes = HexFormat.of().parseHex(hexadecimal);
    assertThrows(ProtocolException.class, () -> read(bytes, Limits.DEFAULT));
    Allocation.assertAtMost(
        20_000,
        "refusing",
        () -> assertThrows(ProtocolException.class, () -> read(bytes, Limits.DEFAULT)));
  }

  @Test
  void deepNestingIsRefused() {
    byte[] deep = HexFormat.of().parseHex("91".repeat(1_000_000) + "c0");
    var e = assertThrows(ProtocolException.class, () -> read(deep, Limits.DEFAULT));
    assertTrue(String.valueOf(e.getMessage()).contains("deeper than 64"), e.getMessage());
    read(HexFormat.of().parseHex("91".repeat(64) + "c0"), Limits.DEFAULT);
    byte[] tooDeep = HexFormat.of().parseHex("91".repeat(65) + "c0");
    assertThrows(ProtocolException.class, () -> read(tooDeep, Limits.DEFAULT));
  }

  @Test
  void announcedElementsAreCountedOnceForAll() {
    // Each level announces as many elements as bytes are left.
    byte[] greedy = HexFormat.of().parseHex("dc8000".repeat(60) + "c0".repeat(40_000));
    var few = new Limits(1 << 20, 100_000, 64, 1000);
    var e = assertThrows(ProtocolException.class, () -> read(greedy, few));
    assertTrue(String.valueOf(e.getMessage()).contains("more than 100000 values"), e.getMessage());
  }

  @Test
  void textsAreBounded() {
    var limits = new Limits(1 << 20, 100, 10, 1000);
    byte[] text = HexFormat.of().parseHex("da03e9" + "78".repeat(1001));
    assertThrows(ProtocolException.class, () -> read(text, limits));
  }

  @Test
  void uint64IsRead() {
    assertEquals(
        "BigInteger 18446744073709551615",
        Plain.show(read(HexFormat.of().parseHex("cfffffffffffffffff"), Limits.DEFAULT)));
  }

  private static @Nullable Object read(byte[] bytes, Limits limits) {
    return MsgpackReader.read(ByteBuffer.wrap(bytes), limits);
  }
}
