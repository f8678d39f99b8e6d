package io.zeoraid.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.zeoraid.bench.generator.Workload;
import io.zeoraid.bench.servers.CpuClock;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
  private final Results results = new Results();

  private void round(String workload, String target, double perSecond, double p50Micros) {
    results.add(
        workload,
        target,
        new Round(
            perSecond,
            p50Micros,
            2 * p50Micros,
            3 * p50Micros,
            10,
            1,
            new CpuClock.Shares(0.1, 0.2, 0.3, 0.4)));
  }

  @Test
  void takesTheMedian() {
    assertEquals(2, Result.median(new double[] {9, 1, 2}));
    assertEquals(2.5, Result.median(new double[] {9, 1, 2, 3}));
    assertThrows(IllegalArgumentException.class, () -> Result.median(new double[] {}));
  }

  @Test
  void comparesRoundByRound() {
    // The machine was ten times slower in the second round, for both.
    round("commit-1", "stock", 100, 10);
    round("commit-1", "stock", 10, 100);
    round("commit-1", "stock", 100, 10);
    round("commit-1", "raid-2", 50, 20);
    round("commit-1", "raid-2", 5, 200);
    round("commit-1", "raid-2", 5, 200);
    Result raid = results.find("commit-1", "raid-2").orElseThrow();
    assertEquals(2, results.ratio(raid, Round::p50Micros).orElseThrow());
    assertEquals(0.5, results.ratio(raid, Round::perSecond).orElseThrow());
  }

  @Test
  void tellsWhetherAGoalIsMet() {
    Goal goal = Goal.ALL.getFirst();
    assertFalse(goal.isMet(results));
    assertTrue(goal.line(results).endsWith("not measured (goal now ≤ 2.5; later 1.3)"));
    round("commit-1", "stock", 100, 10);
    round("commit-1", "raid-2", 50, 24);
    assertTrue(goal.isMet(results));
    assertTrue(goal.line(results).contains("2.40 × stock (goal now ≤ 2.5; later 1.3): met"));
    round("commit-1", "stock", 100, 10);
    round("commit-1", "raid-2", 50, 40);
    assertTrue(goal.line(results).endsWith("3.20 × stock (goal now ≤ 2.5; later 1.3): MISSED"));
  }

  @Test
  void tellsWhetherARateIsReached() {
    Goal goal =
        Goal.ALL.stream().filter(g -> g.measure() == Goal.Measure.RATE).findFirst().orElseThrow();
    round(goal.workload(), "stock", 100, 10);
    round(goal.workload(), goal.target(), 310, 10);
    assertTrue(goal.isMet(results));
    assertTrue(goal.line(results).endsWith("3.10 × stock (goal ≥ 3.0): met"));
    round(goal.workload(), "stock", 100, 10);
    round(goal.workload(), goal.target(), 250, 10);
    assertFalse(goal.isMet(results));
    assertTrue(goal.line(results).endsWith("2.80 × stock (goal ≥ 3.0): MISSED"));
  }

  @Test
  void saysIfTheGeneratorMayHaveBeenInTheWay() {
    List<Workload> workloads = List.of(Workload.loads("pipelined", 1, 64));
    round("pipelined", "stock", 100, 10);
    round("pipelined", "raid-2", 50, 20);
    assertEquals("", Table.headroom(results, workloads));
    round("pipelined", Results.CEILING, 150, 5);
    assertEquals(1.5, results.headroom("pipelined").orElseThrow());
    assertTrue(
        Table.headroom(results, workloads)
            .contains("In pipelined it is only 1.5 times: that figure may be the generator's own"));
  }

  @Test
  void saysWhatARoundTripTakesIfTheClientWaits() {
    round("load-1", "stock", 100, 10);
    round("load-1", Results.CEILING, 150, 5);
    assertTrue(
        Table.headroom(results, List.of(Workload.loads("load-1", 1, 1)))
            .contains("a round trip without any work of a server takes 0.005 ms"));
  }

  @Test
  void showsARowForEachTarget() {
    round("load-1", "stock", 100, 10);
    round("load-1", "raid-2", 50, 20);
    List<String> lines = Table.of(results, List.of("load-1")).lines().toList();
    assertEquals(4, lines.size());
    assertTrue(lines.get(2).matches("load-1 +stock +100\\.0 +1\\.00 +0\\.010 +1\\.00 .*"));
    assertTrue(lines.get(3).matches(" +raid-2 +50\\.0 +0\\.50 +0\\.020 +2\\.00 .* 10 +20 +30 +40"));
  }

  @Test
  void writesJson(@TempDir Path folder) throws Exception {
    round("load-1", "stock", 100, 10);
    round("load-1", "raid-2", 50, 20);
    Path file = folder.resolve("results.json");
    JsonReport.write(file, Map.of("versions", Map.of("ZEO", "6.2")), results);
    JsonNode json = new ObjectMapper().readTree(file.toFile());
    assertEquals("6.2", json.at("/versions/ZEO").asText());
    assertEquals("raid-2", json.at("/results/1/target").asText());
    assertEquals(2.0, json.at("/results/1/timesStock/p50").asDouble());
    assertEquals(20.0, json.at("/results/1/rounds/0/p50Micros").asDouble());
    assertEquals(0.2, json.at("/results/1/median/cpu/front").asDouble());
    assertFalse(json.at("/goals/1/met").asBoolean());
  }
}
