package io.zeoraid.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.zeoraid.bench.report.Executables.Measure;
import io.zeoraid.bench.report.Executables.State;
import io.zeoraid.bench.servers.CpuClock;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecutablesTest {
  private final Executables all = new Executables();

  private void round(String executable, State state, String workload, double perSecond) {
    all.add(
        executable,
        state,
        workload,
        new Round(perSecond, 1, 2000, 3000, 10, 1, new CpuClock.Shares(0.1, 0.2, 0.3, 0.4)));
  }

  private List<String> lines() {
    return ExecutableGoal.ALL.stream().map(goal -> goal.line(all)).toList();
  }

  private void met() {
    for (double millis : new double[] {60, 90, 300}) {
      all.add("native", Measure.FIRST_LOAD, millis);
    }
    all.add("native", Measure.IDLE, 50);
    all.add("native", Measure.HELP, 9.5);
    all.add("native", Measure.STATUS, 20);
    round("jvm", State.COLD, "hot-pipelined-8", 10);
    for (String workload : List.of("hot-pipelined-8", "commit-1")) {
      round("native", State.WARM, workload, 75);
      round("jvm", State.WARM, workload, 100);
    }
  }

  @Test
  void nothingIsMetThatWasNotMeasured() {
    all.add("jvm", Measure.IDLE, 50);
    assertTrue(ExecutableGoal.ALL.stream().noneMatch(goal -> goal.isMet(all)));
    assertTrue(
        lines().contains("native, RSS idle: not measured (goal < 64 MB)"), lines().toString());
  }

  @Test
  void goalsAreForMediansAndTheWarmJvm() {
    met();
    assertEquals(
        List.of(
            "native, median time from exec to the first load: 90 ms (goal < 100 ms): met",
            "native, RSS idle: 50 MB (goal < 64 MB): met",
            "native, loads per second (hot-pipelined-8): 0.75 × warm JVM"
                + " (goal ≥ 0.70 × warm JVM): met",
            "native, commits per second (commit-1): 0.75 × warm JVM (goal ≥ 0.70 × warm JVM): met",
            "native, median time of zeoraid --help: 9.50 ms (goal < 50 ms): met",
            "native, median time of zeoraid status: 20 ms (goal < 50 ms): met"),
        lines());
  }

  @Test
  void tellsWhatIsMissed() {
    met();
    all.add("native", Measure.STATUS, 100);
    round("native", State.WARM, "commit-1", 30);
    round("jvm", State.WARM, "commit-1", 100);
    List<String> missed = lines().stream().filter(line -> line.endsWith(": MISSED")).toList();
    assertEquals(
        List.of(
            "native, commits per second (commit-1): 0.53 × warm JVM (goal ≥ 0.70 × warm JVM):"
                + " MISSED",
            "native, median time of zeoraid status: 60 ms (goal < 50 ms): MISSED"),
        missed);
  }

  @Test
  void aBoundThatIsJustReachedIsNotBelow() {
    all.add("native", Measure.IDLE, 64);
    assertFalse(ExecutableGoal.ALL.get(1).isMet(all));
  }

  @Test
  void hasAColumnForEachForm() {
    met();
    List<String> table = ExecutablesTable.of(all).lines().toList();
    assertTrue(table.get(0).matches(" +native +jvm"), table.get(0));
    assertTrue(table.get(1).matches("exec to the first load, ms +90\\.0 \\(max 300\\.0\\)"));
    assertTrue(table.get(2).matches("RSS idle, MB +50\\.0"));
    requireLine(table, "hot-pipelined-8 cold, ops/s \\(p99 ms\\) {30,}10.0 \\(2.00\\)");
    requireLine(
        table, "hot-pipelined-8 warm, ops/s \\(p99 ms\\) +75.0 \\(2.00\\) +100.0 \\(2.00\\)");
  }

  private static void requireLine(List<String> table, String pattern) {
    assertTrue(table.stream().anyMatch(line -> line.matches(pattern)), table.toString());
  }

  @Test
  void valuesSayTheSame() {
    met();
    JsonNode json = new ObjectMapper().valueToTree(all.values());
    assertEquals(300, json.at("/forms/native/firstLoadMillis/2").asDouble());
    assertEquals("jvm cold", json.at("/results/0/target").asText());
    assertEquals("native warm", json.at("/results/1/target").asText());
    assertEquals(0.75, json.at("/results/1/timesWarmJvm/perSecond").asDouble());
    assertEquals(90, json.at("/goals/0/reached").asDouble());
    assertTrue(json.at("/goals/0/met").asBoolean());
  }
}
