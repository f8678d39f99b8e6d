package io.zeoraid.server.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.RecordCache;
import io.zeoraid.server.control.ServerMeters;
import io.zeoraid.server.control.StorageMeters;
import org.junit.jupiter.api.Test;

final class CaffeineRecordCacheTest {
  private static final int BYTES = 1 << 20;
  private static final int RECORD_BYTES = 1000;
  private static final Oid ONE = new Oid(1);

  private final StorageMeters meters = new ServerMeters().of("1");
  private final CaffeineRecordCache cache =
      assertInstanceOf(CaffeineRecordCache.class, CaffeineRecordCache.of(BYTES, meters));

  private static Loaded record(int bytes) {
    return new Loaded(new byte[bytes], new Tid(5), null);
  }

  @Test
  void givesWhatWasPutInLast() {
    cache.put(ONE, record(10));
    Loaded last = record(20);
    cache.put(ONE, last);
    assertSame(last, cache.get(ONE));
    assertNull(cache.get(new Oid(2)));
  }

  @Test
  void forgetsWhatIsSuperseded() {
    cache.put(ONE, new Loaded(new byte[10], new Tid(5), new Tid(7)));
    cache.put(new Oid(2), record(20));
    cache.forgetSuperseded();
    assertNull(cache.get(ONE));
    assertEquals(20 + CaffeineRecordCache.OVERHEAD_BYTES, cache.bytes());
  }

  @Test
  void neverHoldsMoreThanItMay() {
    for (int oid = 0; oid < 10_000; oid++) {
      cache.put(new Oid(oid), record(RECORD_BYTES));
      assertTrue(cache.bytes() <= BYTES);
    }
    assertTrue(cache.bytes() > BYTES / 2);
  }

  @Test
  void weighsARecordWithWhatItTakesBesideItsData() {
    cache.put(ONE, record(RECORD_BYTES));
    assertEquals(RECORD_BYTES + CaffeineRecordCache.OVERHEAD_BYTES, cache.bytes());
    cache.put(ONE, record(2 * RECORD_BYTES));
    assertEquals(2 * RECORD_BYTES + CaffeineRecordCache.OVERHEAD_BYTES, cache.bytes());
  }

  @Test
  void keepsWhatIsUsedWhileTheWholeDatabaseIsRead() {
    int used = 100;
    for (int i = 0; i < 20_000; i++) {
      read(new Oid(used + i));
      read(new Oid(i % used));
    }
    int left = 0;
    for (int i = 0; i < used; i++) {
      left += cache.get(new Oid(i)) == null ? 0 : 1;
    }
    assertTrue(left > used * 0.9, left + " of " + used + " are left");
  }

  private void read(Oid oid) {
    if (cache.get(oid) == null) {
      cache.put(oid, record(RECORD_BYTES));
    }
  }

  @Test
  void holdsNoRecordThatIsTooLargeForIt() {
    int most = BYTES / CaffeineRecordCache.LARGEST_SHARE - CaffeineRecordCache.OVERHEAD_BYTES;
    Loaded large = record(most);
    cache.put(ONE, large);
    assertSame(large, cache.get(ONE));
    cache.put(ONE, record(most + 1));
    assertNull(cache.get(ONE), "what was replaced must not come back");
    assertEquals(0, cache.bytes());
  }

  @Test
  void forgetsEverythingWhenItIsCleared() {
    cache.put(ONE, record(10));
    cache.clear();
    assertNull(cache.get(ONE));
    assertEquals(0, cache.bytes());
  }

  @Test
  void isNoneWithoutRoom() {
    assertSame(RecordCache.NONE, CaffeineRecordCache.of(0, meters));
  }
}
