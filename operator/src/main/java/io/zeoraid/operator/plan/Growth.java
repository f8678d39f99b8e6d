package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Says which volumes are smaller than wished for, and what is to be done about it. */
public final class Growth {
  private Growth() {}

  /** What to do about a claim. */
  public sealed interface Step {
    /** Its volume is as large as wished for, or there is none yet. */
    record Nothing() implements Step {}

    /** The claim is to ask for this size. */
    record Ask(String size) implements Step {}

    /** It asks for it; Kubernetes is at it. */
    record Wait() implements Step {}
  }

  /**
   * What to do about each claim, by its name. A claim that is not bound yet is left alone: the API
   * server takes no other size for it, and it may never be.
   *
   * @param sizes the sizes wished for, by the name of the claim
   * @param claims the claims that there are
   */
  public static Map<String, Step> of(
      Map<String, String> sizes, Collection<PersistentVolumeClaim> claims) {
    Map<String, Step> steps = new TreeMap<>();
    for (PersistentVolumeClaim claim : claims) {
      String size = sizes.get(claim.getMetadata().getName());
      if (size != null && claim.getMetadata().getDeletionTimestamp() == null) {
        steps.put(claim.getMetadata().getName(), step(size, claim));
      }
    }
    return steps;
  }

  private static Step step(String size, PersistentVolumeClaim claim) {
    Map<String, Quantity> has = claim.getStatus() == null ? null : claim.getStatus().getCapacity();
    if (claim.getStatus() == null || !"Bound".equals(claim.getStatus().getPhase())) {
      return new Step.Nothing();
    }
    var resources = claim.getSpec().getResources();
    if (isLess(resources == null ? null : resources.getRequests(), size)) {
      return new Step.Ask(size);
    }
    return has != null && isLess(has, size) ? new Step.Wait() : new Step.Nothing();
  }

  private static boolean isLess(@Nullable Map<String, Quantity> amounts, String size) {
    Quantity amount = amounts == null ? null : amounts.get("storage");
    return amount == null
        || amount.getNumericalAmount().compareTo(new Quantity(size).getNumericalAmount()) < 0;
  }
}
