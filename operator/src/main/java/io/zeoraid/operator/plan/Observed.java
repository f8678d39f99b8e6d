package io.zeoraid.operator.plan;

import java.util.Map;
import java.util.Optional;

/**
 * What was seen in the cluster, as far as it matters for what should run.
 *
 * @param images the image that runs, by kind and name of the workload, as {@code StatefulSet/db-a}.
 *     It stays where the ZeoRaid names none: a new operator alone restarts nothing
 * @param templates the template that was applied last, by the same
 * @param claimTemplates the size in the claim template, by the name of the StatefulSet: Kubernetes
 *     takes no other one, so growing is done at the claim
 * @param lastSource whether a backend is being rebuilt from the only one in sync
 * @param served whether clients are served
 * @param outdated whether the pod of a backend has not got its new template yet, or nobody knows
 * @param hibernation whether it sleeps
 * @param podMonitors whether the cluster knows PodMonitors
 */
public record Observed(
    Map<String, String> images,
    Map<String, Template> templates,
    Map<String, String> claimTemplates,
    boolean lastSource,
    boolean served,
    boolean outdated,
    Hibernation hibernation,
    boolean podMonitors) {

  /** A cluster in which nothing runs yet. */
  public static final Observed NOTHING =
      new Observed(Map.of(), Map.of(), Map.of(), false, false, false, Hibernation.ASLEEP, false);

  static String key(String kind, String name) {
    return kind + "/" + name;
  }

  String image(String workload, Optional<String> wished, String otherwise) {
    return wished.orElseGet(() -> images.getOrDefault(workload, otherwise));
  }
}
