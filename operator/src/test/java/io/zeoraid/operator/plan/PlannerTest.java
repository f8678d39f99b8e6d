package io.zeoraid.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.crd.ZeoRaid;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PlannerTest {
  private static final Observed OLDER =
      new Observed(
          Map.of("StatefulSet/db-a", "zeo:older", "Deployment/db-servers", "zeoraid:older"),
          Map.of(),
          Map.of("db-a", "512Mi"),
          true,
          true,
          false,
          Hibernation.AWAKE,
          true);

  @Test
  void newOperatorAloneChangesNoImage() throws IOException {
    List<HasMetadata> planned = GoldenTest.PLANNER.plan(wish("minimal"), OLDER);
    assertEquals("zeo:older", image(find(planned, StatefulSet.class, "db-a")));
    assertEquals("zeo:test", image(find(planned, StatefulSet.class, "db-b")));
    Deployment servers = find(planned, Deployment.class, "db-servers");
    assertEquals(
        "zeoraid:older",
        servers.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage());
  }

  @Test
  void imageOfTheSpecGoesBeforeThatWhichRuns() throws IOException {
    List<HasMetadata> planned = GoldenTest.PLANNER.plan(wish("everything"), OLDER);
    assertEquals("registry.example/zeo:6", image(find(planned, StatefulSet.class, "db-a")));
    assertEquals("registry.example/zeo:7", image(find(planned, StatefulSet.class, "db-b")));
  }

  @Test
  void claimTemplateStaysSinceKubernetesTakesNoOther() throws IOException {
    StatefulSet set =
        find(GoldenTest.PLANNER.plan(wish("minimal"), OLDER), StatefulSet.class, "db-a");
    assertEquals(
        "512Mi",
        String.valueOf(
            set.getSpec()
                .getVolumeClaimTemplates()
                .getFirst()
                .getSpec()
                .getResources()
                .getRequests()
                .get("storage")));
    assertEquals(
        Map.of("data-db-a-0", "1Gi", "data-db-b-0", "1Gi"),
        GoldenTest.PLANNER.claimSizes(wish("minimal")));
  }

  @Test
  void noBackendMayBeDrainedWhileOneSourceIsLeft() throws IOException {
    assertEquals(new IntOrString(0), disruptions(OLDER));
    assertEquals(new IntOrString(1), disruptions(Observed.NOTHING));
  }

  @Test
  void pausedMeansNothingIsApplied() throws IOException {
    String yaml = Serialization.asYaml(wish("minimal")).replace("spec:", "spec:\n  paused: true");
    ZeoRaid paused = Serialization.unmarshal(yaml, ZeoRaid.class);
    assertTrue(GoldenTest.PLANNER.plan(paused, Observed.NOTHING).isEmpty());
  }

  @Test
  void podMonitorNeedsItsDefinition() throws IOException {
    String yaml =
        Serialization.asYaml(wish("minimal"))
            .replace("spec:", "spec:\n  monitoring: {podMonitor: true, labels: {release: x}}");
    ZeoRaid wish = Serialization.unmarshal(yaml, ZeoRaid.class);
    HasMetadata monitor =
        find(GoldenTest.PLANNER.plan(wish, OLDER), HasMetadata.class, "PodMonitor");
    assertEquals("x", monitor.getMetadata().getLabels().get("release"));
    assertFalse(
        GoldenTest.PLANNER.plan(wish, Observed.NOTHING).stream()
            .anyMatch(child -> child.getKind().equals("PodMonitor")));
  }

  @Test
  void childrenBearNoLabelOfTheirParent() throws IOException {
    for (HasMetadata child : GoldenTest.plan("minimal")) {
      assertFalse(Serialization.asYaml(child).contains("not-for-children"), child.getKind());
    }
  }

  private static IntOrString disruptions(Observed observed) throws IOException {
    return find(
            GoldenTest.PLANNER.plan(wish("minimal"), observed),
            PodDisruptionBudget.class,
            "db-backends")
        .getSpec()
        .getMaxUnavailable();
  }

  private static String image(StatefulSet set) {
    return set.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }

  private static ZeoRaid wish(String name) throws IOException {
    return GoldenTest.read(GoldenTest.GOLDEN.resolve("in-" + name + ".yaml"));
  }

  private static <T> T find(List<HasMetadata> planned, Class<T> type, String name) {
    return planned.stream()
        .filter(type::isInstance)
        .filter(child -> child.getMetadata().getName().equals(name) || child.getKind().equals(name))
        .map(type::cast)
        .findFirst()
        .orElseThrow();
  }
}
