package io.zeoraid.operator.status;

import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidStatus;
import io.zeoraid.crd.ZeoRaidStatus.ConditionStatus;
import io.zeoraid.crd.ZeoRaidStatus.Truth;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Collects conditions; one whose truth has not changed keeps its time. */
final class Conditions {
  private final List<ConditionStatus> before;
  private final List<ConditionStatus> all = new ArrayList<>();
  private final Long generation;
  private final String now;

  Conditions(ZeoRaid wish, Instant now) {
    ZeoRaidStatus status = wish.getStatus();
    before = status == null || status.conditions() == null ? List.of() : status.conditions();
    generation = wish.getMetadata().getGeneration();
    this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  void add(String type, Truth truth, String reason, String message) {
    String since =
        before.stream()
            .filter(old -> old.type().equals(type) && old.status() == truth)
            .map(ConditionStatus::lastTransitionTime)
            .findFirst()
            .orElse(now);
    all.add(new ConditionStatus(type, truth, generation, since, reason, message));
  }

  List<ConditionStatus> all() {
    return List.copyOf(all);
  }
}
