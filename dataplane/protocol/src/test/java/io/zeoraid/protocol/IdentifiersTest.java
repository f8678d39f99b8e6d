package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

/** Oids and tids are compared by code of ours, not by that of records. */
final class IdentifiersTest {
  private static final long[] VALUES = {0, 1, 1L << 32, -1, Long.MAX_VALUE, Long.MIN_VALUE};

  @Test
  void equal_values_are_equal_and_others_are_not() {
    for (long one : VALUES) {
      for (long other : VALUES) {
        assertEquals(one == other, new Oid(one).equals(new Oid(other)));
        assertEquals(one == other, new Tid(one).equals(new Tid(other)));
      }
      assertEquals(new Oid(one).hashCode(), new Oid(one).hashCode());
      assertEquals(new Tid(one).hashCode(), new Tid(one).hashCode());
    }
  }

  @Test
  void an_oid_is_no_tid() {
    assertNotEquals((Object) new Oid(1), new Tid(1));
    assertNotEquals((Object) new Tid(1), new Oid(1));
    assertNotEquals(null, new Oid(1));
    assertNotEquals(null, new Tid(1));
  }
}
