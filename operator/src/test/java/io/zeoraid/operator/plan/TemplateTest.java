package io.zeoraid.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatusBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.operator.plan.Rolling.BackendPod;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What runs was planned by an operator whose templates had another grace period. */
final class TemplateTest {
  private static final long OLD_GRACE = 7;
  private final ZeoRaid wish = GoldenTest.read(GoldenTest.GOLDEN.resolve("in-minimal.yaml"));

  TemplateTest() throws IOException {}

  @Test
  void newOperatorAloneChangesNoTemplate() {
    List<HasMetadata> planned = plan(wish, ofOlderOperator(), true, false);
    assertEquals(OLD_GRACE, grace(planned, "StatefulSet"));
    assertEquals(OLD_GRACE, grace(planned, "Deployment"));
    assertEquals(keys(ofOlderOperator()), keys(planned));
  }

  @Test
  void whatSomebodyElseMadeOfATemplateIsPutBack() {
    List<HasMetadata> there = ofOlderOperator();
    there.forEach(it -> {
      if (it instanceof StatefulSet set) {
        set.getSpec().getTemplate().getSpec().getContainers().getFirst().setImage("theirs");
      }
    });
    assertEquals(
        "zeo:test",
        template(plan(wish, there, true, false), "StatefulSet")
            .getSpec()
            .getContainers()
            .getFirst()
            .getImage());
  }

  @Test
  void changeOfTheSpecBringsTheWholeNewTemplate() {
    List<HasMetadata> planned =
        plan(
            with("backendTemplate: {priorityClassName: high, ", "servers: {}"),
            ofOlderOperator(),
            true,
            false);
    assertNotEquals(OLD_GRACE, grace(planned, "StatefulSet"));
    assertEquals(OLD_GRACE, grace(planned, "Deployment"));
  }

  @Test
  void serversWaitForTheBackendsUnlessNothingIsServed() {
    ZeoRaid both =
        with("backendTemplate: {priorityClassName: high, ", "servers: {priorityClassName: high}");
    assertEquals(OLD_GRACE, grace(plan(both, ofOlderOperator(), true, false), "Deployment"));
    assertNotEquals(OLD_GRACE, grace(plan(both, ofOlderOperator(), false, false), "Deployment"));
    // Their StatefulSets have it already, their pods have not.
    ZeoRaid servers = with("backendTemplate: {", "servers: {priorityClassName: high}");
    assertEquals(OLD_GRACE, grace(plan(servers, ofOlderOperator(), true, true), "Deployment"));
    assertNotEquals(OLD_GRACE, grace(plan(servers, ofOlderOperator(), true, false), "Deployment"));
  }

  @Test
  void serversWaitForTheControllerToLookAtTheBackends() {
    ZeoRaid servers = with("backendTemplate: {", "servers: {priorityClassName: high}");
    List<HasMetadata> there = ofOlderOperator();
    for (HasMetadata child : there) {
      if (child instanceof StatefulSet set) {
        set.getMetadata().setGeneration(3L);
        set.setStatus(new StatefulSetStatusBuilder().withObservedGeneration(2L).build());
      }
    }
    assertEquals(OLD_GRACE, grace(plan(servers, there, true, false), "Deployment"));
  }

  private List<HasMetadata> ofOlderOperator() {
    List<HasMetadata> planned = GoldenTest.PLANNER.plan(wish, Observed.NOTHING);
    planned.forEach(child -> {
      Optional<Template> template = Template.of(child);
      template.ifPresent(it -> {
        it.template().getSpec().setTerminationGracePeriodSeconds(OLD_GRACE);
        child.getMetadata().setAnnotations(it.annotations());
      });
    });
    return planned;
  }

  private static List<HasMetadata> plan(
      ZeoRaid wish, List<HasMetadata> there, boolean served, boolean outdated) {
    RaidStatus raid = RaidStatus.newBuilder().setServing(served).setEpoch(7).build();
    Map<String, BackendPod> pods = Map.of("a", new BackendPod(true, outdated, true));
    return GoldenTest.PLANNER.plan(
        wish, Observations.of(there, Optional.of(raid), pods, Hibernation.AWAKE, false));
  }

  private ZeoRaid with(String backends, String servers) {
    String yaml =
        Serialization.asYaml(wish).replaceFirst("(?s)spec:.*", "spec:\n")
            + "  %sstorage: {size: 1Gi}}\n  %s\n  backends: [{name: a}, {name: b}]\n"
                .formatted(backends, servers);
    return Serialization.unmarshal(yaml, ZeoRaid.class);
  }

  private static long grace(List<HasMetadata> planned, String kind) {
    return template(planned, kind).getSpec().getTerminationGracePeriodSeconds();
  }

  private static PodTemplateSpec template(List<HasMetadata> planned, String kind) {
    return planned.stream()
        .filter(it -> it.getKind().equals(kind))
        .map(it ->
            it instanceof StatefulSet set
                ? set.getSpec().getTemplate()
                : ((Deployment) it).getSpec().getTemplate())
        .findFirst()
        .orElseThrow();
  }

  private static List<Map<String, String>> keys(List<HasMetadata> planned) {
    return planned.stream()
        .filter(it -> Template.of(it).isPresent())
        .map(it -> Map.copyOf(it.getMetadata().getAnnotations()))
        .toList();
  }
}
