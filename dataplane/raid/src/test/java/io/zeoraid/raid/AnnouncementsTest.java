package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a recovery may read ahead. */
final class AnnouncementsTest {
  private final Announcements announcements = new Announcements(100);

  AnnouncementsTest() {
    announcements.beginAfter(new Tid(10));
    announcements.add(new Tid(11), List.of(new Oid(1), new Oid(2)));
    announcements.add(new Tid(12), List.of());
    announcements.add(new Tid(13), List.of(new Oid(3)));
  }

  @Test
  void knowsHowManyRecordsEachHas() {
    assertEquals(
        Optional.of(Map.of(new Tid(11), 2, new Tid(12), 0)),
        announcements.between(new Tid(10), new Tid(12)));
    assertEquals(
        Optional.of(Map.of(new Tid(13), 1)), announcements.between(new Tid(12), new Tid(13)));
  }

  @Test
  void knowsNothingOfWhatCameBefore() {
    assertEquals(Optional.empty(), announcements.between(new Tid(9), new Tid(12)));
  }

  @Test
  void knowsNothingOfWhatIsNotAnnounced() {
    assertEquals(Optional.empty(), announcements.between(new Tid(11), new Tid(14)));
  }
}
