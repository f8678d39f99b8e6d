package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Tid;
import org.junit.jupiter.api.Test;

/** What a backend can't mean, whatever it holds. */
final class HostileAnswersTest {
  private static final byte[] DATA = {1};

  @Test
  void aTidThatLeavesNoRoomForLaterOnesIsNotBelieved() {
    Tid ordinary = new Tid(0x0400_0000_0000_0000L);
    assertEquals(ordinary, Tids.possible(ordinary));
    assertThrows(ProtocolException.class, () -> Tids.possible(Tid.MAX));
    assertThrows(ProtocolException.class, () -> Tids.possible(new Tid(-1)));
  }

  @Test
  void aRevisionLiesBeforeTheBoundAndItsNextDoesNot() {
    Tid bound = new Tid(0x100);
    assertNull(Read.within(bound, null));
    Read.within(bound, new Loaded(DATA, new Tid(0xff), null));
    Read.within(bound, new Loaded(DATA, new Tid(0xff), bound));
    assertThrows(ProtocolException.class, () -> Read.within(bound, new Loaded(DATA, bound, null)));
    assertThrows(
        ProtocolException.class,
        () -> Read.within(bound, new Loaded(DATA, new Tid(1), new Tid(0xff))));
  }
}
