package io.zeoraid.server.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Who has to go when all clients together take up too much. */
final class ClientMemoryTest {
  private static final long MB = 1 << 20;

  private final ClientMemory memory = new ClientMemory(10 * MB);

  /** Holds what a test says. */
  private final class Client implements ClientMemory.Holder {
    final ClientMemory.Account account = memory.open(this);
    long held;
    long canRelieve;
    boolean evicted;

    void holds(long bytes) {
      held = bytes;
      account.update();
    }

    @Override
    public long heldBytes() {
      return held;
    }

    @Override
    public void relieve() {
      held -= canRelieve;
      canRelieve = 0;
    }

    @Override
    public void evict(String why) {
      evicted = true;
      held = 0;
    }
  }

  @Test
  void theOldestGoesAndNotTheLargest() {
    Client hostile = new Client();
    Client next = new Client();
    Client honest = new Client();
    hostile.holds(MB);
    next.holds(2 * MB);
    honest.holds(8 * MB);

    assertTrue(hostile.evicted);
    assertTrue(next.evicted);
    assertFalse(honest.evicted);
    assertEquals(8 * MB, memory.total());
  }

  @Test
  void whatIsStaleIsCountedAnewFirst() {
    Client done = new Client();
    Client now = new Client();
    done.holds(9 * MB);
    done.held = 0;
    now.holds(9 * MB);

    assertFalse(done.evicted);
    assertFalse(now.evicted);
    assertEquals(9 * MB, memory.total());
  }

  @Test
  void transactionsMoveIntoFilesBeforeAnybodyGoes() {
    Client writer = new Client();
    Client other = new Client();
    writer.canRelieve = 6 * MB;
    writer.holds(7 * MB);
    other.holds(5 * MB);

    assertFalse(writer.evicted);
    assertFalse(other.evicted);
    assertEquals(6 * MB, memory.total());
  }

  @Test
  void whoHeldNothingMeanwhileIsNotTheOldest() {
    Client first = new Client();
    Client second = new Client();
    first.holds(MB);
    second.holds(5 * MB);
    first.holds(0);
    first.holds(6 * MB);

    assertTrue(second.evicted);
    assertFalse(first.evicted);
  }

  @Test
  void whoIsGoneHoldsNothing() {
    Client gone = new Client();
    gone.holds(9 * MB);
    gone.account.close();

    assertEquals(0, memory.total());
  }
}
