package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.operator.plan.Rolling.BackendPod;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Makes of what there is in the cluster what matters for the plan. */
public final class Observations {
  private Observations() {}

  /**
   * What matters for the plan.
   *
   * @param children the objects of the ZeoRaid
   * @param raid what the servers say; empty if none could be asked
   * @param pods the pods of the managed backends
   * @param hibernation whether it sleeps
   * @param podMonitors whether the cluster knows PodMonitors
   */
  public static Observed of(
      Collection<HasMetadata> children,
      Optional<RaidStatus> raid,
      Map<String, BackendPod> pods,
      Hibernation hibernation,
      boolean podMonitors) {
    Map<String, String> images = new HashMap<>();
    Map<String, Template> templates = new HashMap<>();
    Map<String, String> claimTemplates = new HashMap<>();
    for (HasMetadata child : children) {
      String name = child.getMetadata().getName();
      Optional<Template> template = Template.of(child);
      template.ifPresent(planned -> templates.put(key(child), planned));
      if (child instanceof Deployment deployment) {
        image(template, deployment.getSpec().getTemplate(), "zeoraid")
            .ifPresent(image -> images.put(key(child), image));
      } else if (child instanceof StatefulSet set) {
        image(template, set.getSpec().getTemplate(), "zeo")
            .ifPresent(image -> images.put(key(child), image));
        size(set).ifPresent(size -> claimTemplates.put(name, size));
      }
    }
    return new Observed(
        images,
        templates,
        claimTemplates,
        raid.map(Observations::lastSource).orElse(false),
        raid.map(Rolling::isServed).orElse(false),
        !Rolling.outdated(pods).isEmpty() || children.stream().anyMatch(Observations::isBehind),
        hibernation,
        podMonitors);
  }

  /** Whether its controller has not looked at it since it changed: then no pod is outdated yet. */
  private static boolean isBehind(HasMetadata child) {
    return child instanceof StatefulSet set
        && set.getStatus() != null
        && !Objects.equals(
            set.getStatus().getObservedGeneration(), set.getMetadata().getGeneration());
  }

  private static String key(HasMetadata workload) {
    return Observed.key(workload.getKind(), workload.getMetadata().getName());
  }

  /** What was planned, rather than what somebody made of it. */
  private static Optional<String> image(
      Optional<Template> planned, PodTemplateSpec runs, String container) {
    return image(planned.map(Template::template).orElse(runs).getSpec().getContainers(), container);
  }

  private static Optional<String> image(List<Container> containers, String name) {
    return containers.stream()
        .filter(container -> container.getName().equals(name))
        .map(Container::getImage)
        .findFirst();
  }

  private static Optional<String> size(StatefulSet set) {
    return set.getSpec().getVolumeClaimTemplates().stream()
        .findFirst()
        .map(claim -> claim.getSpec().getResources().getRequests().get("storage"))
        .map(Object::toString);
  }

  private static boolean lastSource(RaidStatus raid) {
    return count(raid, BackendState.BACKEND_STATE_IN_SYNC) == 1
        && count(raid, BackendState.BACKEND_STATE_RECOVERING) > 0;
  }

  private static long count(RaidStatus raid, BackendState state) {
    return raid.getBackendsList().stream().filter(backend -> backend.getState() == state).count();
  }
}
