package io.zeoraid.operator.status;

import io.zeoraid.control.v1.RaidState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.Servers;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidSpec;
import io.zeoraid.crd.ZeoRaidStatus;
import io.zeoraid.crd.ZeoRaidStatus.BackendState;
import io.zeoraid.crd.ZeoRaidStatus.BackendStatus;
import io.zeoraid.crd.ZeoRaidStatus.State;
import io.zeoraid.crd.ZeoRaidStatus.Truth;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Makes the status of a ZeoRaid from what was seen. */
public final class Statuses {
  /** The reason of the condition Ready while no server is in office, which is nothing wrong yet. */
  static final String NO_PRIMARY = "NoPrimary";

  private Statuses() {}

  /**
   * The status to be written. Equal to the one before if nothing has changed but numbers.
   *
   * @param wish the ZeoRaid, with the status that it has now
   * @param now the time, for conditions that change
   */
  public static ZeoRaidStatus of(ZeoRaid wish, Seen seen, Instant now) {
    ZeoRaidSpec spec = wish.getSpec();
    List<BackendStatus> backends =
        spec.backends().stream()
            .map(backend -> backend(backend.name(), seen, isAsleep(spec, seen)))
            .toList();
    State state = state(spec, seen);
    String inSync = names(backends, BackendState.InSync);
    String recovering = names(backends, BackendState.Recovering);
    Conditions conditions = new Conditions(wish, now);
    ready(conditions, state, seen);
    reconciling(conditions, seen);
    members(conditions, state, backends, recovering, seen);
    dataLoss(conditions, state, seen);
    return new ZeoRaidStatus(
        wish.getMetadata().getGeneration(),
        state,
        count(inSync) + "/" + backends.size(),
        seen.serversReady() + "/" + wished(spec, seen),
        recovering,
        seen.servers(),
        "zeoraid.io/raid=" + wish.getMetadata().getName() + ",app.kubernetes.io/component=server",
        backends,
        seen.pack().orElse(null),
        conditions.all());
  }

  private static int wished(ZeoRaidSpec spec, Seen seen) {
    if (Boolean.TRUE.equals(spec.hibernated())) {
      return 0;
    }
    Servers servers = spec.servers();
    boolean own = servers == null || servers.mode() != Servers.Mode.Sidecar;
    Integer replicas = servers == null ? null : servers.replicas();
    return own && replicas != null ? replicas : seen.servers();
  }

  private static State state(ZeoRaidSpec spec, Seen seen) {
    if (Boolean.TRUE.equals(spec.hibernated())) {
      return State.Hibernated;
    }
    return seen.raid()
        .map(raid ->
            switch (raid.getState()) {
              case RAID_STATE_OPTIMAL -> State.Optimal;
              case RAID_STATE_DEGRADED -> State.Degraded;
              case RAID_STATE_RECOVERING -> State.Recovering;
              case RAID_STATE_FAILED -> isWaiting(seen) ? State.Unknown : State.Failed;
              case RAID_STATE_UNSPECIFIED, UNRECOGNIZED -> State.Unknown;
            })
        .orElse(State.Unknown);
  }

  /** Whether the server that was asked only waits for a primary: it tells nothing of the RAID. */
  private static boolean isWaiting(Seen seen) {
    return seen.raid()
        .map(raid -> raid.getWaiting() && raid.getState() == RaidState.RAID_STATE_FAILED)
        .orElse(false);
  }

  /** Why nobody knows. */
  private static void unknown(Conditions conditions, String type, Seen seen) {
    if (isWaiting(seen)) {
      String detail = seen.raid().map(RaidStatus::getDetail).orElse("");
      conditions.add(
          type,
          Truth.Unknown,
          NO_PRIMARY,
          "no ZEORaid server is in office" + (detail.isEmpty() ? "" : ": " + detail));
    } else {
      conditions.add(type, Truth.Unknown, "NoServer", "no ZEORaid server can be asked");
    }
  }

  /** A backend that was stopped, or is starting with all others, is not in trouble. */
  private static boolean isAsleep(ZeoRaidSpec spec, Seen seen) {
    return seen.waking() || Boolean.TRUE.equals(spec.hibernated());
  }

  private static BackendStatus backend(String name, Seen seen, boolean isAsleep) {
    Optional<io.zeoraid.control.v1.BackendStatus> said =
        seen.raid().map(RaidStatus::getBackendsList).stream()
            .flatMap(List::stream)
            .filter(backend -> backend.getName().equals(name))
            .findFirst();
    BackendState state = said.map(Statuses::state).orElse(BackendState.Unknown);
    Optional<Seen.Backend> shown = Optional.ofNullable(seen.backends().get(name));
    // What Kubernetes says is the cause of what the servers say.
    Optional<Seen.Trouble> trouble =
        (isAsleep ? Optional.<Seen.Trouble>empty() : shown.flatMap(Seen.Backend::trouble))
            .or(() -> isAsleep ? Optional.empty() : said.flatMap(Statuses::trouble));
    return new BackendStatus(
        name,
        state,
        trouble.map(Seen.Trouble::reason).orElse(null),
        trouble.map(Seen.Trouble::message).orElse(null),
        shown.flatMap(Seen.Backend::podUid).orElse(null),
        shown.map(Seen.Backend::claim).orElse(null),
        shown.flatMap(Seen.Backend::claimUid).orElse(null));
  }

  private static BackendState state(io.zeoraid.control.v1.BackendStatus said) {
    return switch (said.getState()) {
      case BACKEND_STATE_IN_SYNC -> BackendState.InSync;
      case BACKEND_STATE_RECOVERING -> BackendState.Recovering;
      case BACKEND_STATE_FAILED,
          BACKEND_STATE_MISSING,
          BACKEND_STATE_DIVERGED,
          BACKEND_STATE_DISABLED ->
          BackendState.Out;
      case BACKEND_STATE_UNSPECIFIED, UNRECOGNIZED -> BackendState.Unknown;
    };
  }

  private static Optional<Seen.Trouble> trouble(io.zeoraid.control.v1.BackendStatus said) {
    String text = said.getText();
    return switch (said.getState()) {
      case BACKEND_STATE_FAILED -> Optional.of(new Seen.Trouble("Failed", text));
      case BACKEND_STATE_MISSING -> Optional.of(new Seen.Trouble("Missing", text));
      case BACKEND_STATE_DIVERGED -> Optional.of(new Seen.Trouble("Diverged", text));
      case BACKEND_STATE_DISABLED -> Optional.of(new Seen.Trouble("Disabled", text));
      case BACKEND_STATE_IN_SYNC,
          BACKEND_STATE_RECOVERING,
          BACKEND_STATE_UNSPECIFIED,
          UNRECOGNIZED ->
          Optional.empty();
    };
  }

  private static void ready(Conditions conditions, State state, Seen seen) {
    String detail = seen.raid().map(RaidStatus::getDetail).orElse("");
    if (state == State.Hibernated) {
      conditions.add("Ready", Truth.False, "Hibernated", "spec.hibernated is true");
    } else if (seen.raid().isEmpty() || isWaiting(seen)) {
      unknown(conditions, "Ready", seen);
    } else if (seen.raid().get().getServing() && seen.serversReady() > 0) {
      conditions.add("Ready", Truth.True, "Serving", "clients are served");
    } else {
      conditions.add("Ready", Truth.False, "NotServing", detail);
    }
  }

  private static void dataLoss(Conditions conditions, State state, Seen seen) {
    String detail = seen.raid().map(RaidStatus::getDetail).orElse("");
    if (state == State.Failed && seen.raid().map(RaidStatus::getDataLossSuspected).orElse(false)) {
      conditions.add("DataLossSuspected", Truth.True, "DataLossSuspected", detail);
    } else if (state == State.Unknown || state == State.Hibernated) {
      unknown(conditions, "DataLossSuspected", seen);
    } else {
      conditions.add("DataLossSuspected", Truth.False, "NothingMissing", "");
    }
  }

  private static void reconciling(Conditions conditions, Seen seen) {
    Optional<Seen.Trouble> pending = seen.pending().filter(it -> seen.stalled().isEmpty());
    conditions.add(
        "Reconciling",
        pending.isPresent() ? Truth.True : Truth.False,
        pending.map(Seen.Trouble::reason).orElse("Applied"),
        pending.map(Seen.Trouble::message).orElse(""));
    seen.stalled()
        .ifPresentOrElse(
            trouble -> conditions.add("Stalled", Truth.True, trouble.reason(), trouble.message()),
            () -> conditions.add("Stalled", Truth.False, "Going", ""));
  }

  private static void members(
      Conditions conditions,
      State state,
      List<BackendStatus> backends,
      String recovering,
      Seen seen) {
    if (state == State.Unknown || state == State.Hibernated) {
      unknown(conditions, "Degraded", seen);
      unknown(conditions, "Recovering", seen);
      return;
    }
    String out =
        backends.stream()
            .filter(backend -> backend.state() != BackendState.InSync)
            .map(BackendStatus::name)
            .collect(Collectors.joining(","));
    conditions.add(
        "Degraded",
        out.isEmpty() ? Truth.False : Truth.True,
        out.isEmpty() ? "AllInSync" : "NotInSync",
        out.isEmpty() ? "" : "not in sync: " + out);
    conditions.add(
        "Recovering",
        recovering.isEmpty() ? Truth.False : Truth.True,
        recovering.isEmpty() ? "NothingToDo" : "Rebuilding",
        recovering.isEmpty() ? "" : "being rebuilt: " + recovering);
  }

  private static String names(List<BackendStatus> backends, BackendState state) {
    return backends.stream()
        .filter(backend -> backend.state() == state)
        .map(BackendStatus::name)
        .collect(Collectors.joining(","));
  }

  private static int count(String names) {
    return names.isEmpty() ? 0 : names.split(",", -1).length;
  }
}
