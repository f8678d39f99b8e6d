package io.zeoraid.operator.plan;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.zeoraid.control.v1.BackendStatus;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Says which objects of a ZeoRaid are not wanted any more. Claims are never among them. */
public final class Leftovers {
  private Leftovers() {}

  /**
   * Those to be deleted. A backend that is not in the spec any more goes on running until the
   * servers say that it is no member: before that, they would miss it, and it may hold what no
   * other has.
   *
   * @param wish the ZeoRaid; not paused
   * @param planned what should be there
   * @param existing what there is
   * @param raid what the servers say; empty if none could be asked
   */
  public static List<HasMetadata> of(
      ZeoRaid wish,
      Collection<HasMetadata> planned,
      Collection<HasMetadata> existing,
      Optional<RaidStatus> raid) {
    Set<String> wanted = planned.stream().map(Leftovers::key).collect(Collectors.toSet());
    return existing.stream()
        .filter(object -> !wanted.contains(key(object)))
        .filter(object -> object.getMetadata().getDeletionTimestamp() == null)
        .filter(object -> isControlledBy(wish, object))
        .filter(object -> !isOfBackend(object) || isNoMember(object, raid))
        .toList();
  }

  private static boolean isControlledBy(ZeoRaid wish, HasMetadata object) {
    return object.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner ->
            Boolean.TRUE.equals(owner.getController())
                && owner.getUid().equals(wish.getMetadata().getUid()));
  }

  /** What a backend needs to be reached. */
  private static boolean isOfBackend(HasMetadata object) {
    return (object instanceof StatefulSet || object instanceof Service)
        && object.getMetadata().getLabels().containsKey(Raid.BACKEND_LABEL);
  }

  private static boolean isNoMember(HasMetadata object, Optional<RaidStatus> raid) {
    String backend = requireNonNull(object.getMetadata().getLabels().get(Raid.BACKEND_LABEL));
    // Without a record nobody knows who is a member.
    return raid.filter(said -> said.getEpoch() > 0 && said.getBackendsCount() > 0)
        .map(said ->
            said.getBackendsList().stream().map(BackendStatus::getName).noneMatch(backend::equals))
        .orElse(false);
  }

  private static String key(HasMetadata object) {
    return object.getKind() + "/" + object.getMetadata().getName();
  }
}
