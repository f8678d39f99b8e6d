package io.zeoraid.bench.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RecorderTest {
  private static final long MILLI = 1_000_000;
  private static final Span SPAN = new Span(10, 100);

  @Test
  void leavesOutTheLead() {
    Recorder recorder = new Recorder(0, SPAN, 1000);
    recorder.ended(0, 9 * MILLI);
    recorder.ended(9 * MILLI, 11 * MILLI);
    assertEquals(1, recorder.sample().operations());
    assertEquals(2000, recorder.sample().micros(50), 2);
  }

  @Test
  void countsTheRateUpToTheLastOperation() {
    Recorder recorder = new Recorder(0, SPAN, 1000);
    for (int i = 1; i <= 50; i++) {
      recorder.ended((10 + i - 1) * MILLI, (10 + i) * MILLI);
    }
    assertEquals(1000, recorder.sample().perSecond(), 0.001);
  }

  @Test
  void endsWithItsTimeIfThereIsEnough() {
    Recorder recorder = new Recorder(0, SPAN, 1000);
    for (int i = 0; i < 30; i++) {
      recorder.ended(0, 50 * MILLI);
    }
    assertFalse(recorder.isOver());
    recorder.ended(0, 110 * MILLI);
    assertTrue(recorder.isOver());
  }

  @Test
  void goesOnForAWhileIfThereIsTooLittle() {
    Recorder recorder = new Recorder(0, SPAN, 1000);
    recorder.ended(0, 110 * MILLI);
    assertFalse(recorder.isOver());
    recorder.ended(0, 210 * MILLI);
    assertTrue(recorder.isOver());
  }

  @Test
  void countsNothingAfterItsEnd() {
    Recorder recorder = new Recorder(0, SPAN, 1);
    recorder.ended(0, 20 * MILLI);
    recorder.ended(0, 30 * MILLI);
    assertEquals(1, recorder.sample().operations());
    assertEquals(10 * MILLI, recorder.sample().nanos());
  }
}
