package io.zeoraid.operator.status;

import io.zeoraid.crd.ZeoRaidStatus;
import io.zeoraid.crd.ZeoRaidStatus.BackendState;
import io.zeoraid.crd.ZeoRaidStatus.BackendStatus;
import io.zeoraid.crd.ZeoRaidStatus.ConditionStatus;
import io.zeoraid.crd.ZeoRaidStatus.PackResult;
import io.zeoraid.crd.ZeoRaidStatus.PackState;
import io.zeoraid.crd.ZeoRaidStatus.PackStatus;
import io.zeoraid.crd.ZeoRaidStatus.State;
import io.zeoraid.crd.ZeoRaidStatus.Truth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is worth an Event: what differs between two statuses. */
public final class Transitions {
  /**
   * One Event.
   *
   * @param warning whether somebody had better look
   * @param reason a word for programs
   * @param note a sentence for people
   */
  public record Happening(boolean warning, String reason, String note) {}

  private Transitions() {}

  /**
   * What happened between them; nothing if they are equal but for numbers.
   *
   * @param before the status written last, null if there was none
   */
  public static List<Happening> between(@Nullable ZeoRaidStatus before, ZeoRaidStatus after) {
    List<Happening> all = new ArrayList<>();
    raid(before == null ? null : before.raid(), after, all);
    Map<String, BackendStatus> known = byName(before);
    if (after.backends() != null) {
      after.backends().forEach(backend -> backend(known.get(backend.name()), backend, all));
    }
    pack(before == null ? null : before.pack(), after.pack(), all);
    stalled(condition(before, "Stalled"), condition(after, "Stalled"), all);
    stalled(condition(before, "DataLossSuspected"), condition(after, "DataLossSuspected"), all);
    return all;
  }

  private static void raid(@Nullable State from, ZeoRaidStatus after, List<Happening> all) {
    State to = after.raid();
    if (to == null
        || to == from
        || ((from == null || from == State.Hibernated) && to == State.Unknown)) {
      return;
    }
    // A server that is killed is followed by another one in a moment.
    ConditionStatus ready = condition(after, "Ready");
    boolean waits = ready != null && ready.reason().equals(Statuses.NO_PRIMARY);
    boolean warning = to == State.Degraded || to == State.Failed || (to == State.Unknown && !waits);
    all.add(
        new Happening(
            warning, to.name(), "the RAID is " + to + (from == null ? "" : ", was " + from)));
  }

  private static void backend(@Nullable BackendStatus from, BackendStatus to, List<Happening> all) {
    boolean same =
        from != null && from.state() == to.state() && Objects.equals(from.reason(), to.reason());
    if (same || (to.state() == BackendState.Unknown && to.reason() == null)) {
      return;
    }
    boolean warning = to.state() == BackendState.Out || to.reason() != null;
    String why = to.message() == null ? "" : ": " + to.message();
    all.add(
        new Happening(
            warning,
            "Backend" + (to.reason() == null ? to.state().name() : to.reason()),
            "backend " + to.name() + " is " + to.state() + why));
  }

  private static void pack(
      @Nullable PackStatus from, @Nullable PackStatus to, List<Happening> all) {
    if (to == null) {
      return;
    }
    String outcome = to.lastOutcome() == null ? "" : to.lastOutcome();
    if (to.lastTime() != null && (from == null || !to.lastTime().equals(from.lastTime()))) {
      boolean failed = to.lastResult() == PackResult.Failed;
      all.add(
          new Happening(
              failed,
              failed ? "PackFailed" : "Packed",
              (failed ? "the pack failed: " : "the pack is done: ") + outcome));
    }
    PackState was = from == null ? null : from.state();
    if (to.state() == PackState.Packing
        && (was != to.state() || from == null || !Objects.equals(from.asked(), to.asked()))) {
      String again = to.message() == null ? "" : ", " + to.message();
      all.add(
          new Happening(
              false, "PackStarted", "the pack that is due since " + to.dueTime() + again));
    }
    if (to.state() == PackState.Postponed && was != to.state()) {
      all.add(new Happening(false, "PackPostponed", "the pack is postponed: " + to.message()));
    }
  }

  private static void stalled(
      @Nullable ConditionStatus from, @Nullable ConditionStatus to, List<Happening> all) {
    boolean was = from != null && from.status() == Truth.True;
    if (to == null || to.status() != Truth.True) {
      return;
    }
    if (!was || from == null || !from.reason().equals(to.reason())) {
      all.add(new Happening(true, to.reason(), to.message()));
    }
  }

  private static @Nullable ConditionStatus condition(@Nullable ZeoRaidStatus status, String type) {
    if (status == null || status.conditions() == null) {
      return null;
    }
    return status.conditions().stream()
        .filter(it -> it.type().equals(type))
        .findFirst()
        .orElse(null);
  }

  private static Map<String, BackendStatus> byName(@Nullable ZeoRaidStatus status) {
    return status == null || status.backends() == null
        ? Map.of()
        : status.backends().stream()
            .collect(Collectors.toMap(BackendStatus::name, Function.identity()));
  }
}
