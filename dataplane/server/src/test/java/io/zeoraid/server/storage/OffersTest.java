package io.zeoraid.server.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.raid.BackendName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class OffersTest {
  private static final BackendName A = new BackendName("a");
  private static final BackendName B = new BackendName("b");
  private static final List<String> STORAGE = List.of("ZODB.interfaces", "IStorage");
  private static final List<String> UNDOABLE = List.of("ZODB.interfaces", "IStorageUndoable");

  private final Offers offers = new Offers();

  private static Map<String, @Nullable Object> info(Object undo, Object interfaces) {
    return Map.of("supportsUndo", undo, "interfaces", interfaces);
  }

  @Test
  void offersWhatAllBackendsCan() {
    offers.heard(A, info(1L, List.of(UNDOABLE, STORAGE)));
    offers.heard(B, info(true, List.of(STORAGE, UNDOABLE)));

    assertTrue(offers.all("supportsUndo"));
    assertEquals(List.of(UNDOABLE, STORAGE), offers.common(List.of(UNDOABLE, STORAGE)));
  }

  @Test
  void offersNothingThatOneBackendCannot() {
    offers.heard(A, info(1L, List.of(UNDOABLE, STORAGE)));
    offers.heard(B, info(0L, List.of(STORAGE)));

    assertFalse(offers.all("supportsUndo"));
    assertEquals(List.of(STORAGE), offers.common(List.of(UNDOABLE, STORAGE)));
  }

  @Test
  void forgetsABackendThatIsNoneAnyMore() {
    offers.heard(A, info(1L, List.of(UNDOABLE)));
    offers.heard(B, info(0L, List.of()));

    offers.keepOnly(Set.of(A));

    assertTrue(offers.all("supportsUndo"));
    assertEquals(List.of(UNDOABLE), offers.common(List.of(UNDOABLE)));
  }

  @Test
  void aNewSizeChangesNothing() {
    offers.heard(A, info(1L, List.of(UNDOABLE)));
    offers.heard(A, Map.of("size", 5L));

    assertTrue(offers.all("supportsUndo"));
    assertEquals(List.of(UNDOABLE), offers.common(List.of(UNDOABLE)));
  }
}
