package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.zeoraid.crd.ZeoRaid;
import java.util.Map;
import java.util.Optional;

/** Whether an object that has the name of a planned one may be changed. */
public sealed interface Ownership {
  /** It belongs to this ZeoRaid, or to nobody but bears its labels: one that was orphaned. */
  record Ours() implements Ownership {}

  /**
   * It belongs to a ZeoRaid of this name that was deleted; Kubernetes will delete it, too. Nothing
   * is to be done until then.
   */
  record Leaving() implements Ownership {}

  /**
   * It is somebody else's, and stays as it is.
   *
   * @param whose a sentence for people
   */
  record Foreign(String whose) implements Ownership {}

  /**
   * Decides by the controller of the object, which only one can be, and never by its name: {@code
   * db-a} and backend {@code b} make the same as {@code db} and backend {@code a-b}.
   *
   * @param wish the ZeoRaid for which an object of this kind and name is planned
   * @param existing the object that there is
   */
  static Ownership of(ZeoRaid wish, HasMetadata existing) {
    Optional<OwnerReference> controller =
        existing.getMetadata().getOwnerReferences().stream()
            .filter(owner -> Boolean.TRUE.equals(owner.getController()))
            .findFirst();
    if (controller.isEmpty()) {
      return isOrphan(wish, existing)
          ? new Ours()
          : new Foreign(
              what(existing) + " exists and is not the operator's; delete or rename one of them");
    }
    OwnerReference owner = controller.get();
    if (owner.getUid().equals(wish.getMetadata().getUid())) {
      return existing.getMetadata().getDeletionTimestamp() == null ? new Ours() : new Leaving();
    }
    if (owner.getKind().equals(wish.getKind())
        && owner.getName().equals(wish.getMetadata().getName())) {
      return new Leaving();
    }
    return new Foreign(
        what(existing)
            + " belongs to "
            + owner.getKind()
            + " "
            + owner.getName()
            + "; rename a backend or a ZeoRaid so that their names don't meet");
  }

  private static boolean isOrphan(ZeoRaid wish, HasMetadata existing) {
    Map<String, String> labels = existing.getMetadata().getLabels();
    return labels != null
        && new Raid(wish)
            .ours().entrySet().stream()
                .allMatch(label -> label.getValue().equals(labels.get(label.getKey())));
  }

  private static String what(HasMetadata existing) {
    return existing.getKind() + " " + existing.getMetadata().getName();
  }
}
