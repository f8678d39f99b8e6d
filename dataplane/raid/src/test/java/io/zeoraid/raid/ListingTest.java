package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Prefix;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Tid;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** R5, Browse: what can be judged at one moment. */
final class ListingTest {
  private static Map<String, Object> undoable(long tid) {
    return Map.of("id", Base64.getEncoder().encode(new Tid(tid).toBytes()));
  }

  private static List<Tid> shown(List<Map<String, Object>> entries, long last) {
    return Listing.announced(entries, new Tid(last), Listing::tidOfUndoable).stream()
        .map(Listing::tidOfUndoable)
        .toList();
  }

  @Test
  void leavesOutWhatIsNotAnnounced() {
    List<Map<String, Object>> entries = List.of(undoable(9), undoable(8), undoable(5));
    assertEquals(List.of(new Tid(8), new Tid(5)), shown(entries, 8));
    assertEquals(List.of(new Tid(5)), shown(entries, 7));
    assertEquals(List.of(), shown(entries, 4));
    assertEquals(3, shown(entries, 9).size());
  }

  private static Map<String, Object> described(String description, long size) {
    return Map.of(
        "id",
        "",
        "time",
        0.0,
        "user_name",
        new byte[0],
        "size",
        size,
        "description",
        description.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void leavesOutNoOpsAndNothingElse() {
    long empty = 23 + NoOps.DESCRIPTION.length();
    List<Map<String, Object>> kept =
        List.of(described("", 23), described(NoOps.DESCRIPTION, empty + 50), described("a", 24));
    List<Map<String, Object>> all = new ArrayList<>(kept);
    all.add(1, described(NoOps.DESCRIPTION, empty));
    assertEquals(kept, NoOps.leftOut(all));
  }

  /** A longer file with nothing else in it can't be opened with its index. */
  @Test
  void keepsAFileOfTwoNoOpsBelowAHundredBytes() {
    int noOp = 23 + NoOps.DESCRIPTION.length() + 8;
    assertTrue(4 + 2 * noOp < 100);
  }

  @Test
  void judgesAnEntryWithoutTidByTheOneBeforeIt() {
    Map<String, Object> hidden = Map.of("id", "an extension's own");
    assertEquals(
        2,
        Listing.announced(List.of(undoable(5), hidden), new Tid(5), Listing::tidOfUndoable).size());
    assertEquals(
        1,
        Listing.announced(List.of(hidden, undoable(5)), new Tid(5), Listing::tidOfUndoable).size());
  }

  @Test
  void takesNoOtherIdForATid() {
    assertNull(Listing.tidOfUndoable(Map.of()));
    assertNull(Listing.tidOfUndoable(Map.of("id", "text")));
    assertNull(Listing.tidOfUndoable(Map.of("id", new byte[] {'!', '!'})));
    assertNull(Listing.tidOfUndoable(Map.of("id", new byte[] {'A', 'A', 'A', '='})));
  }

  @Test
  void wantsATidInEachEntryOfAHistory() {
    assertEquals(new Tid(3), Listing.tidOfRevision(Map.of("tid", new Tid(3).toBytes())));
    assertThrows(ProtocolException.class, () -> Listing.tidOfRevision(Map.of("tid", "3")));
  }

  @Test
  void countsAsFileStorageDoes() {
    assertEquals(20, Listing.end(0, 20));
    assertEquals(20, Listing.end(0, -20));
    assertEquals(25, Listing.end(5, -20));
    assertEquals(3, Listing.end(5, 3));
    assertTrue(Listing.end(Long.MAX_VALUE, Long.MIN_VALUE) > 0);
    assertTrue(Listing.end(0, Long.MIN_VALUE) > 0);
  }

  @Test
  void boundsASpecification() {
    assertFalse(Specification.isTooLarge(null));
    assertFalse(
        Specification.isTooLarge(
            Map.of("user_name", "me".getBytes(), "description", new Prefix(List.of("a", "b")))));
    assertTrue(Specification.isTooLarge(Map.of("user_name", new byte[100_000])));
    assertTrue(Specification.isTooLarge(java.util.Collections.nCopies(10_000, 1L)));
    assertTrue(Specification.isTooLarge(Map.of("size", java.math.BigInteger.ONE.shiftLeft(64))));
    assertTrue(Specification.isTooLarge(new Prefix(List.of("x".repeat(100_000)))));
  }

  @Test
  void saysWhatPythonSaysOfATidOutOfOrder() {
    assertEquals(
        "Out-of-order request for record iterator for transaction"
            + " b'\\x04A\\x00\\t\\xff\\\\ \\n'",
        ClientIterators.outOfOrder(new Tid(0x04410009ff5c200aL)));
  }
}
