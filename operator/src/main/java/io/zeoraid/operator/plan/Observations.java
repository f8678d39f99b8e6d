package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.RaidStatus;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes of what there is in the cluster what matters for the plan. */
public final class Observations {
  private Observations() {}

  /**
   * What matters for the plan.
   *
   * @param children the objects of the ZeoRaid
   * @param raid what the servers say; empty if none could be asked
   * @param podMonitors whether the cluster knows PodMonitors
   */
  public static Observed of(
      Collection<HasMetadata> children, Optional<RaidStatus> raid, boolean podMonitors) {
    Map<String, String> images = new HashMap<>();
    Map<String, String> claimTemplates = new HashMap<>();
    for (HasMetadata child : children) {
      String name = child.getMetadata().getName();
      if (child instanceof Deployment deployment) {
        image(deployment.getSpec().getTemplate().getSpec().getContainers(), "zeoraid")
            .ifPresent(image -> images.put(name, image));
      } else if (child instanceof StatefulSet set) {
        image(set.getSpec().getTemplate().getSpec().getContainers(), "zeo")
            .ifPresent(image -> images.put(name, image));
        size(set).ifPresent(size -> claimTemplates.put(name, size));
      }
    }
    return new Observed(
        images, claimTemplates, raid.map(Observations::lastSource).orElse(false), podMonitors);
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
