package io.zeoraid.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.zeoraid.crd.ApiServer;
import io.zeoraid.crd.ZeoRaid;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A real API server takes what is planned, in a namespace that enforces {@code restricted}. */
final class AppliedTest {
  private final KubernetesClient client = ApiServer.get().admin();

  @Test
  void applyingAgainChangesNothing() throws IOException {
    for (Path input : GoldenTest.inputs()) {
      List<HasMetadata> planned = planned(input);
      List<String> first = apply(planned);
      assertEquals(first, apply(planned), input.toString());
    }
  }

  @Test
  void podsAreRestricted() throws IOException {
    for (Path input : GoldenTest.inputs()) {
      List<HasMetadata> planned = planned(input);
      apply(planned);
      int pods = 0;
      for (HasMetadata child : planned) {
        pods += podsOf(child).stream().mapToInt(template -> admit(child, template)).sum();
      }
      assertTrue(pods > 0, input.toString());
    }
  }

  /** The plan, for a ZeoRaid that really is there. */
  private List<HasMetadata> planned(Path input) throws IOException {
    ZeoRaid wish = GoldenTest.read(input);
    String namespace = ApiServer.get().namespace();
    wish.getMetadata().setNamespace(namespace);
    wish.getMetadata().setUid(null);
    ZeoRaid created = client.resource(wish).create();
    return GoldenTest.PLANNER.plan(created, Observed.NOTHING);
  }

  private List<String> apply(List<HasMetadata> planned) {
    return planned.stream()
        .map(child ->
            client
                .resource(child)
                .fieldValidation(Validation.STRICT)
                .fieldManager("zeoraid-operator")
                .forceConflicts()
                .serverSideApply())
        .map(applied -> applied.getKind() + " " + applied.getMetadata().getResourceVersion())
        .toList();
  }

  private static List<PodTemplateSpec> podsOf(HasMetadata child) {
    List<PodTemplateSpec> templates = new ArrayList<>();
    if (child instanceof StatefulSet set) {
      templates.add(set.getSpec().getTemplate());
    } else if (child instanceof Deployment deployment) {
      templates.add(deployment.getSpec().getTemplate());
    }
    return templates;
  }

  private int admit(HasMetadata owner, PodTemplateSpec template) {
    String namespace = owner.getMetadata().getNamespace();
    // There is no controller that makes it.
    client
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("default")
                .withNamespace(namespace)
                .endMetadata()
                .build())
        .serverSideApply();
    PodBuilder pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(owner.getMetadata().getName())
            .withNamespace(namespace)
            .withLabels(template.getMetadata().getLabels())
            .endMetadata()
            .withSpec(template.getSpec());
    if (owner instanceof StatefulSet) {
      // What the StatefulSet's controller would add.
      pod.editSpec()
          .addNewVolume()
          .withName("data")
          .withNewPersistentVolumeClaim("data", false)
          .endVolume()
          .endSpec();
    }
    client.resource(pod.build()).dryRun().create();
    return 1;
  }
}
