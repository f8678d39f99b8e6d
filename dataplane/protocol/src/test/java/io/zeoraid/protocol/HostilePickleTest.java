package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pickles are programs; these ones try more than making data. {@code \n} ends the arguments of some
 * opcodes.
 */
class HostilePickleTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cbuiltins\neval\n(X\2\0\0\0001+tR.",
        "c__builtin__\neval\n(S'1+1'\ntR.",
        "cos\nsystem\n(S'true'\ntR.",
        "cposix\nsystem\n(S'true'\ntR.",
        "ccopy_reg\n_reconstructor\n(c__builtin__\nlist\nc__builtin__\nobject\nNtR.",
        "\u0080\4\u008c\2os\u008c\6system\u0093S'true'\n\u0085R.",
        "(ios\nsystem\n.",
        "(S'true'\nios\nsystem\n.",
        "(cos\nsystem\nS'true'\no.",
        "cbuiltins\nobject\n)\u0081.",
        "c_codecs\nencode\n(V\u00e9\nVlatin1\ntR.",
        "cZODB.POSException\nConflictError\n)\u0081}b.",
        "cZODB.POSException\n_recon\n(cos\nsystem\n}tR.",
        "cZODB.POSException\n_recon\n(cZopeUndo.Prefix\nPrefix\n}tR."
      })
  void nothingIsCalledOrInstantiated(String pickle) {
    assertRefused(pickle, true);
    String message = assertRefused(pickle, false);
    assertTrue(message.contains("allowed"), message);
  }

  @Test
  void clientsSendNoExceptions() {
    String recon =
        "cZODB.POSException\n_recon\n(cZODB.POSException\nUndoError\n}(S'_reason'\nS'why'\nS'args'\n)utR.";
    assertRefused(recon, false);
    assertEquals(
        "tuple( \"ZODB.POSException.UndoError\" { \"_reason\": \"why\"})",
        Plain.show(read(bytes(recon), true, Limits.DEFAULT)));
  }

  @Test
  void aDictMayBeMadeOfPairs() {
    assertEquals(
        "{ \"foo\": Long 1}",
        Plain.show(read(bytes("cbuiltins\ndict\n(((S'foo'\nI1\ntttR."), false, Limits.DEFAULT)));
    assertRefused("cbuiltins\ndict\n((S'foo'\nttR.", false);
    assertRefused("cbuiltins\ndict\n(I1\ntR.", false);
  }

  /** 100 pairs, of which dicts are made again and again. */
  @Test
  void dictsAreCounted() {
    StringBuilder bomb = new StringBuilder("(");
    for (int i = 0; i < 100; i++) {
      bomb.append("(I").append(i).append("\nI1\nt");
    }
    bomb.append("tp0\n").append("0cbuiltins\ndict\n(g0\ntR".repeat(50));
    Limits few = new Limits(1 << 20, 3000, 10, 1 << 20);
    @Nullable String message =
        assertThrows(ProtocolException.class, () -> read(bytes(bomb + "."), false, few))
            .getMessage();
    assertTrue(String.valueOf(message).contains("3000 values"), message);
  }

  @Test
  void binaryIsBytes() {
    for (String pickle :
        new String[] {
          "czodbpickle\nbinary\n(S'\\x00\\xff'\ntR.",
          "\u0080\2czodbpickle\nbinary\nU\2\0\u00ff\u0085\u0081.",
          "\u0080\3czodbpickle\nbinary\nC\2\0\u00ff\u0085R."
        }) {
      assertEquals("b'00ff'", Plain.show(read(bytes(pickle), false, Limits.DEFAULT)));
    }
    assertRefused("czodbpickle\nbinary\n(K\1tR.", false);
    assertRefused("czodbpickle\nbinary\n(X\3\0\0\0\u00e2\u0082\u00actR.", false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cZopeUndo.Prefix\nPrefix\n.",
        "czodbpickle\nbinary\n.",
        "cZopeUndo.Prefix\nPrefix\n)\u0081.",
        "cZopeUndo.Prefix\nPrefix\n)R]a.",
        "cZopeUndo.Prefix\nPrefix\n(S'x'\ntR.",
        "cZopeUndo.Prefix\nPrefix\n)\u0081}(S'path'\n](K\1eub.",
        "cZopeUndo.Prefix\nPrefix\n)\u0081}(S'length'\nK\1ub.",
        "]}b.",
        "(cZopeUndo.Prefix\nPrefix\nt.",
        "}cZopeUndo.Prefix\nPrefix\nNs."
      })
  void globalsAreNoData(String pickle) {
    assertRefused(pickle, false);
    assertRefused(pickle, true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "P1\n.",
        "NQ.",
        "\u0082\1.",
        "\u0083\1\1.",
        "\u0084\1\1\1\1.",
        "\u008f.",
        "(\u0091.",
        "\u008f(\u0090.",
        "cx\ny\n)}\u0092.",
        "\u0096\0\0\0\0\0\0\0\0.",
        "\u0097.",
        "\u0098.",
        "Z.",
        "\0.",
        "\u0080\5N.",
        "\u0080"
      })
  void otherOpcodesAreRefused(String pickle) {
    assertRefused(pickle, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "N",
        "NN.",
        "N.N",
        "(.",
        "(N.",
        "0.",
        "1N.",
        "2.",
        "a.",
        "e.",
        "(e.",
        "t.",
        "l.",
        "d.",
        "s.",
        "u.",
        "R.",
        "b.",
        "o.",
        "(o.",
        "\u0081.",
        "\u0085.",
        "N\u0086.",
        "(N\u0086.",
        "(NN\u0087.",
        "NNa.",
        "}NNa.",
        "]NNs.",
        "](NNu.",
        "}(Nu.",
        "(Nd.",
        "}]Ns.",
        "}}Ns.",
        "h\0.",
        "g0\n.",
        "j\0\0\0\0.",
        "q\0.",
        "Np.",
        "Npx\n.",
        "Np-1\n.",
        "gx\n.",
        "K",
        "M\0",
        "J\0\0\0",
        "G\0\0\0\0",
        "C",
        "C\1",
        "B\1\0\0\0",
        "X\1\0\0",
        "X\2\0\0\0a",
        "U\5abc",
        "T\1\0\0\0",
        "Ix\n.",
        "I\n.",
        "I1",
        "Lx\n.",
        "L1LL\n.",
        "Fx\n.",
        "F\n.",
        "F0x1p3\n.",
        "F1d\n.",
        "F1_0\n.",
        "S\n.",
        "Sx\n.",
        "S'\n.",
        "S'x\"\n.",
        "S'\\'\n.",
        "S'\\x1'\n.",
        "V\\u12\n.",
        "V\\U00110000\n.",
        "\u008a",
        "\u008a\1",
        "cx\n",
        "cx",
        "X\1\0\0\0\u00ff.",
        "X\2\0\0\0\u00c0\u0080.",
        "X\3\0\0\0\u00e0\u0080\u0080.",
        "X\4\0\0\0\u00f4\u0090\u0080\u0080.",
        "\u0093.",
        "NN\u0093.",
        "\u0095\1\0\0\0\0\0\0\0"
      })
  void brokenPicklesAreRefused(String pickle) {
    assertRefused(pickle, false);
    assertRefused(pickle, true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "B\u00ff\u00ff\u00ff\u007f.",
        "B\u00ff\u00ff\u00ff\u00ff.",
        "X\u00ff\u00ff\u00ff\u007f.",
        "T\u00ff\u00ff\u00ff\u007f.",
        "T\u00ff\u00ff\u00ff\u00ff.",
        "\u008b\u00ff\u00ff\u00ff\u007f.",
        "\u008b\u00ff\u00ff\u00ff\u00ff.",
        "\u008e\0\0\0\0\0\0\0\u0080.",
        "\u008e\0\0\0\0\0\0\0\u0001.",
        "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f.",
        "\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff.",
        "Nr\u00ff\u00ff\u00ff\u00ffj\0\0\0\0."
      })
  void declaredLengthsReserveNoMemory(String pickle) {
    assertRefused(pickle, false); // Classes are loaded now.
    Allocation.assertAtMost(20_000, "refusing", () -> assertRefused(pickle, false));
  }

  @Test
  void deepNestingIsRefused() {
    int depth = 1_000_000;
    for (String[] parts :
        new String[][] {
          {")", "\u0085", ""}, {"", "(", "N" + "t".repeat(depth)}, {"N", "\u0085", ""}
        }) {
      byte[] pickle = bytes(parts[0] + parts[1].repeat(depth) + parts[2] + ".");
      var e = assertThrows(ProtocolException.class, () -> read(pickle, false, Limits.DEFAULT));
      assertTrue(String.valueOf(e.getMessage()).contains("deeper than 64"), e.getMessage());
    }
    byte[] dicts = bytes("}" + "N}".repeat(1000) + "s".repeat(1000) + ".");
    assertThrows(ProtocolException.class, () -> read(dicts, false, Limits.DEFAULT));
    byte[] allowed = bytes("N" + "\u0085".repeat(64) + ".");
    read(allowed, false, Limits.DEFAULT);
    byte[] tooDeep = bytes("N" + "\u0085".repeat(65) + ".");
    assertThrows(ProtocolException.class, () -> read(tooDeep, false, Limits.DEFAULT));
  }

  @Test
  void memoBombsAreRefusedInTime() {
    // A list of two times the same list of two times the same list …: 2 to the 60 elements.
    var doubling = new StringBuilder("](NNeq\0");
    for (int level = 1; level < 60; level++) {
      doubling
          .append("0](h")
          .append((char) (level - 1))
          .append("h")
          .append((char) (level - 1))
          .append("eq")
          .append((char) level);
    }
    assertRefusedInTime(doubling + ".", "more than 4000000 values");
    // The same with DUP and tuples.
    assertRefusedInTime("N" + "2\u0086".repeat(60) + ".", "more than 4000000 values");
    // Shared while it is empty, filled afterwards.
    String late = "]q\0000(" + "h\0".repeat(3000) + "th\0(" + "N".repeat(3000) + "e0.";
    assertRefusedInTime(late, "more than 4000000 values");
  }

  @Test
  void valuesThatContainThemselvesAreRefused() {
    assertRefusedInTime("]q\0h\0a.", "deeper than");
    assertRefusedInTime("}q\0Nh\0s.", "deeper than");
    assertRefusedInTime("]q\0(Nh\0\u0086e.", "deeper than");
  }

  @Test
  void sharedValuesAreFineWithinBounds() {
    assertEquals(
        "list[ tuple( \"a\") tuple( \"a\"))",
        Plain.show(read(bytes("](S'a'\n\u0085q\0h\0e."), false, Limits.DEFAULT)));
  }

  @Test
  void itemsAreCounted() {
    var few = new Limits(1 << 20, 100, 10, 1000);
    read(bytes("(" + "N".repeat(98) + "t."), false, few);
    byte[] many = bytes("(" + "N".repeat(101) + "t.");
    assertThrows(ProtocolException.class, () -> read(many, false, few));
    byte[] popped = bytes("N0".repeat(101) + "N.");
    assertThrows(ProtocolException.class, () -> read(popped, false, few));
  }

  @Test
  void textsAndIntsAreBounded() {
    var limits = new Limits(1 << 20, 100, 10, 1000);
    for (String pickle :
        new String[] {
          "X\u00e9\3\0\0" + "x".repeat(1001) + ".",
          "T\u00e9\3\0\0" + "x".repeat(1001) + ".",
          "S'" + "x".repeat(1001) + "'\n.",
          "V" + "x".repeat(1001) + "\n."
        }) {
      assertThrows(ProtocolException.class, () -> read(bytes(pickle), false, limits));
    }
    // Python's int() takes quadratic time for these.
    assertRefusedInTime("L" + "9".repeat(2_000_000) + "\n.", "should spell an int");
    assertRefusedInTime("I" + "9".repeat(2_000_000) + "\n.", "should spell an int");
    assertRefusedInTime("F" + "9".repeat(2_000_000) + "\n.", "should spell a float");
    assertRefusedInTime("\u008a\u00ff" + "\1".repeat(255) + ".", "at most 128");
  }

  @Test
  void aByteEachTakesNoMemory() {
    Limits few = new Limits(1 << 20, 100, 64, 1000);
    for (String pickle : new String[] {"N" + "\u0094".repeat(101) + ".", "(".repeat(101) + "N."}) {
      var e = assertThrows(ProtocolException.class, () -> read(bytes(pickle), false, few));
      assertTrue(String.valueOf(e.getMessage()).contains("more than 100"), e.toString());
    }
  }

  @Test
  void dictsCannotBeMadeSlow() {
    String few = "}(" + "NN".repeat(50) + "I1\nN)N(I1\ntNS'x'\nNu.";
    read(bytes(few), false, Limits.DEFAULT);
    var many = new StringBuilder("}(");
    for (int i = 0; i < 200; i++) {
      many.append("(I").append(i).append("\ntN");
    }
    assertRefusedInTime(many + "u.", "one scalar type is allowed");
    assertRefusedInTime("}((" + "N".repeat(17) + "tNu.", "at most 16");
    assertRefusedInTime("}(()\u0085tNu.", "at most 16");
    // Longs and doubles with the same hash, which a HashMap cannot put in order.
    var mixed = new StringBuilder("}(");
    for (long i = 1; i < 100_000; i++) {
      mixed.append("L").append((i << 32) ^ i).append("L\nNF").append(i).append("e300\nN");
    }
    assertRefusedInTime(mixed + "u.", "one scalar type is allowed");
  }

  @Test
  void manyPrefixesAreRefusedInTime() {
    String prefix = "cZopeUndo.Prefix\nPrefix\n)\u0081}S'path'\n]sb0";
    assertRefusedInTime("N" + "N2p0\n0".repeat(1000) + prefix.repeat(100_000) + ".", "Prefixes");
  }

  private static String assertRefused(String pickle, boolean fromServer) {
    var e =
        assertThrows(
            ProtocolException.class, () -> read(bytes(pickle), fromServer, Limits.DEFAULT));
    return String.valueOf(e.getMessage());
  }

  private static void assertRefusedInTime(String pickle, String why) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          String message = assertRefused(pickle, false);
          assertTrue(message.contains(why), message);
        });
  }

  private static @Nullable Object read(byte[] pickle, boolean fromServer, Limits limits) {
    return new PickleReader(ByteBuffer.wrap(pickle), limits, fromServer).read();
  }

  private static byte[] bytes(String pickle) {
    return pickle.getBytes(StandardCharsets.ISO_8859_1);
  }
}
