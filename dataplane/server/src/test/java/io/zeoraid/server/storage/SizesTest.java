package io.zeoraid.server.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SizesTest {
  private static final BackendName A = new BackendName("a");
  private static final BackendName B = new BackendName("b");

  private final Sizes sizes = new Sizes();

  private static Map<String, @Nullable Object> info(long length, long size) {
    return Map.of("length", length, "size", size, "name", "a FileStorage");
  }

  private static RaidStatus status(String stateOfB) {
    return new RaidStatus(
        "1",
        RaidState.DEGRADED,
        "",
        true,
        7,
        "zeo-0",
        "zeo-0",
        Tid.NONE,
        List.of(
            new BackendStatus(A, "in-sync", "optimal", true, Tid.NONE, null),
            new BackendStatus(B, stateOfB, "", true, Tid.NONE, null)));
  }

  @Test
  void beginsWithNothing() {
    assertEquals(Map.of("length", 0L, "size", 0L), sizes.latest());
  }

  @Test
  void isWhatWasHeardLast() {
    sizes.heard(A, info(1, 100));
    sizes.changed(status("in-sync"));
    sizes.heard(B, info(2, 200));
    assertEquals(Map.of("length", 2L, "size", 200L), sizes.latest());

    sizes.heard(A, Map.of("length", 3L));
    assertEquals(Map.of("length", 3L, "size", 200L), sizes.latest());
  }

  @Test
  void doesNotHearABackendThatIsRecovered() {
    sizes.changed(status("recovering"));
    sizes.heard(A, info(9, 900));
    sizes.heard(B, info(1, 100));

    assertEquals(Map.of("length", 9L, "size", 900L), sizes.latest());
  }

  @Test
  void hearsThePrimary() {
    sizes.changed(status("in-sync"));
    sizes.told(info(4, 400));

    assertEquals(Map.of("length", 4L, "size", 400L), sizes.latest());
  }
}
