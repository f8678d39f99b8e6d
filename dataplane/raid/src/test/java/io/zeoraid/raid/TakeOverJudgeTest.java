package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.TakeOver.Verdict;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class TakeOverJudgeTest {
  private static final BackendName A = new BackendName("a");
  private static final BackendName B = new BackendName("b");
  private static final BackendName C = new BackendName("c");

  private static Verdict judge(Map<BackendName, Long> exact, long known, long noop) {
    var tids = new TreeMap<BackendName, Tid>();
    exact.forEach((name, tid) -> tids.put(name, new Tid(tid)));
    return TakeOver.judge(tids, new Tid(known), new Tid(noop));
  }

  private static TreeSet<BackendName> set(BackendName... names) {
    return new TreeSet<>(java.util.List.of(names));
  }

  @Test
  void waitsIfNobodyCanBeReached() {
    assertEquals(new Verdict.Unreachable(), judge(Map.of(), 0, 9));
  }

  @Test
  void goesOnIfAllHoldTheSame() {
    assertEquals(new Verdict.Equal(), judge(Map.of(A, 5L, B, 5L), 5, 9));
  }

  @Test
  void goesOnWithEmptyBackendsIfNothingIsKnown() {
    assertEquals(new Verdict.Equal(), judge(Map.of(A, 0L, B, 0L), 0, 9));
  }

  @Test
  void suspectsDataLossIfAllShowLessThanWhatIsKnown() {
    assertEquals(
        new Verdict.DataLossSuspected(new Tid(4), new Tid(5)), judge(Map.of(A, 4L, B, 3L), 5, 9));
  }

  @Test
  void namesThoseThatLagBehind() {
    assertEquals(new Verdict.Unequal(B, set(A, C)), judge(Map.of(A, 4L, B, 5L, C, 0L), 5, 9));
  }

  @Test
  void takesTheFirstByNameAmongThoseThatHaveMost() {
    assertEquals(new Verdict.Unequal(A, set(C)), judge(Map.of(A, 5L, B, 5L, C, 4L), 4, 9));
  }

  @Test
  void choosesALaterTidIfTheNoOpWouldNotBeTheLast() {
    assertEquals(new Verdict.TidTooEarly(new Tid(9)), judge(Map.of(A, 9L, B, 5L), 5, 9));
  }

  @Test
  void comparesTidsWithoutSign() {
    assertEquals(new Verdict.Unequal(A, set(B)), judge(Map.of(A, -9L, B, Long.MAX_VALUE), 0, -1));
  }
}
