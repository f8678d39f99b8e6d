package io.zeoraid.bench.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zeoraid.bench.generator.Workload.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetsTest {
  private static final List<String> ALL =
      List.of(
          Targets.STOCK,
          Targets.raid(1),
          Targets.raid(2),
          Targets.CACHED,
          Targets.primaryOf(2),
          Targets.secondaryOf(2));

  private static List<String> suitable(Kind kind) {
    return ALL.stream().filter(target -> Targets.suits(target, kind)).toList();
  }

  @Test
  void loadsOfAllObjectsAreAskedOfBackends() {
    assertEquals(List.of("stock", "raid-1", "raid-2"), suitable(Kind.LOAD));
  }

  @Test
  void hotLoadsComeFromTheCache() {
    assertEquals(List.of("stock", "raid-2-cached"), suitable(Kind.HOT_LOAD));
  }

  @Test
  void commitsGoThroughOneServerOrSeveral() {
    assertEquals(
        List.of("stock", "raid-1", "raid-2", "fleet-2-primary", "fleet-2-secondary"),
        suitable(Kind.COMMIT));
  }
}
