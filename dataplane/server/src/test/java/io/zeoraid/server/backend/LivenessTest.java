package io.zeoraid.server.backend;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Time-out 3 s, ping after 1 s; times in milliseconds, written as {@code at(millis)}. */
final class LivenessTest {
  private final Liveness backend = new Liveness(3000, 1000, at(0));

  @Test
  void oneThatOwesNothingIsNeverHung() {
    assertFalse(backend.isHung(at(1_000_000), 0));
  }

  @Test
  void oneThatOwesAnAnswerAndGivesNoSignForTheWholeTimeOutIsHung() {
    backend.owes(at(10_000));

    assertFalse(backend.isHung(at(12_999), 0));
    assertTrue(backend.isHung(at(13_000), 0));
  }

  @Test
  void theTimeBeforeItOwedAnythingDoesNotCount() {
    backend.sign(at(0));
    backend.owes(at(100_000));

    assertFalse(backend.isHung(at(100_001), 0));
  }

  @Test
  void moreCallsDoNotProlongTheTimeOut() {
    backend.owes(at(0));
    backend.owes(at(2_000));

    assertTrue(backend.isHung(at(3_000), 0));
  }

  @Test
  void anySignOfLifeProlongsIt() {
    backend.owes(at(0));
    backend.sign(at(2_000));

    assertFalse(backend.isHung(at(4_999), 0));
    assertTrue(backend.isHung(at(5_000), 0));
  }

  @Test
  void oneThatHasAnsweredAllIsNotHung() {
    backend.owes(at(0));
    backend.settled();

    assertFalse(backend.isHung(at(100_000), 0));
  }

  @Test
  void aSlowOneThatAnswersPingsIsNotHung() {
    backend.owes(at(0));
    for (int second = 1; second < 60; second++) {
      assertTrue(backend.wantsPing(at(second * 1000)));
      backend.pingSent(at(second * 1000));
      backend.sign(at(second * 1000));
      backend.pingAnswered();
      assertFalse(backend.isHung(at(second * 1000 + 999), 0));
    }
  }

  @Test
  void thereIsOnePingAtATime() {
    backend.pingSent(at(1000));

    assertFalse(backend.wantsPing(at(100_000)));
    backend.pingAnswered();
    assertTrue(backend.wantsPing(at(100_000)));
  }

  @Test
  void anIdleOneIsPinged() {
    assertFalse(backend.wantsPing(at(999)));
    assertTrue(backend.wantsPing(at(1000)));
    backend.sign(at(1000));
    assertFalse(backend.wantsPing(at(1999)));
  }

  @Test
  void anUnansweredPingMakesAnIdleOneHung() {
    backend.pingSent(at(1000));

    assertFalse(backend.isHung(at(3999), 0));
    assertTrue(backend.isHung(at(4000), 0));
  }

  @Test
  void isPingedThreeTimesWithinTheTimeOutAtLeast() {
    Liveness seldom = new Liveness(3000, 3_600_000, at(0));

    assertTrue(seldom.wantsPing(at(1000)));
  }

  @Test
  void hasMoreTimeForTheVoteOnALargeTransaction() {
    backend.owes(at(0));

    assertFalse(backend.isHung(at(3999), 20_000_000));
    assertTrue(backend.isHung(at(4000), 20_000_000));
  }

  private static long at(long millis) {
    return millis * 1_000_000;
  }
}
