package io.zeoraid.operator.plan;

import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.BackendStatus;
import io.zeoraid.control.v1.RaidState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidSpec;
import io.zeoraid.crd.ZeoRaidStatus;
import io.zeoraid.operator.status.Seen;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Says what the servers are to be asked for. They decide themselves whether it can be. */
public final class Wishes {
  private Wishes() {}

  /**
   * The backend whose recovery is to be asked for. The servers rebuild by themselves what merely
   * failed or lacks transactions; the operator knows one thing more than they: that a pod or a
   * volume is another one than that which was found wanting. So it asks once for each pod and
   * volume. The status names those for which it was done; it keeps the old ones until then ({@code
   * docs/adr/0018}), so that an operator that is killed in between asks again, which is harmless.
   *
   * <p>Whether the servers are connected to it does not matter: to one that is out they connect
   * when they recover it.
   *
   * <p>Never for what needs a person: a backend that was disabled, a diverged one whose volume is
   * still the same, and nothing while the RAID is not served.
   *
   * @param wish the ZeoRaid, with the status written last
   * @param raid what the servers say
   * @param backends what Kubernetes shows, by name of the backend
   */
  public static Optional<String> recovery(
      ZeoRaid wish, RaidStatus raid, Map<String, Seen.Backend> backends) {
    ZeoRaidSpec spec = wish.getSpec();
    boolean automatic =
        spec.recovery() == null || !Boolean.FALSE.equals(spec.recovery().automatic());
    if (!automatic
        || isTrue(spec.paused())
        || isTrue(spec.hibernated())
        || !raid.getServing()
        || raid.getState() == RaidState.RAID_STATE_FAILED
        || raid.getDataLossSuspected()
        || isRecovering(raid)) {
      return Optional.empty();
    }
    return raid.getBackendsList().stream()
        .filter(backend -> backends.containsKey(backend.getName()))
        .filter(backend ->
            before(wish, backend.getName())
                .map(before ->
                    isDue(
                        backend.getState(),
                        before,
                        Objects.requireNonNull(backends.get(backend.getName()))))
                .orElse(false))
        .map(BackendStatus::getName)
        .findFirst();
  }

  private static boolean isDue(
      BackendState state, ZeoRaidStatus.BackendStatus before, Seen.Backend now) {
    // A pod that is missing, pulled, or on a lost node is nothing new yet.
    if (now.trouble().isPresent()) {
      return false;
    }
    boolean volumeReplaced = isReplaced(before.claimUid(), now.claimUid());
    boolean podReplaced = isReplaced(before.podUid(), now.podUid());
    return switch (state) {
      case BACKEND_STATE_DIVERGED -> volumeReplaced;
      case BACKEND_STATE_FAILED, BACKEND_STATE_MISSING -> volumeReplaced || podReplaced;
      case BACKEND_STATE_IN_SYNC,
          BACKEND_STATE_RECOVERING,
          BACKEND_STATE_DISABLED,
          BACKEND_STATE_UNSPECIFIED,
          UNRECOGNIZED ->
          false;
    };
  }

  private static boolean isReplaced(@Nullable String before, Optional<String> now) {
    return before != null && now.isPresent() && !now.get().equals(before);
  }

  /**
   * Whether the servers are to read their configuration again: they have other backends than the
   * spec. A server that has no record yet is not asked: it begins with what it was given.
   */
  public static boolean reload(ZeoRaid wish, RaidStatus raid) {
    if (isTrue(wish.getSpec().paused()) || raid.getEpoch() == 0 || raid.getBackendsCount() == 0) {
      return false;
    }
    return !names(wish.getSpec().backends().stream().map(ZeoRaidSpec.Backend::name))
        .equals(names(raid.getBackendsList().stream().map(BackendStatus::getName)));
  }

  /**
   * Whether this server, alone, is to read its configuration again: it was given it late, and its
   * own has other backends than the spec.
   */
  public static boolean isLate(ZeoRaid wish, RaidStatus server) {
    return !isTrue(wish.getSpec().paused())
        && server.getEpoch() > 0
        // One of an older version does not tell.
        && server.getConfiguredCount() > 0
        && !names(wish.getSpec().backends().stream().map(ZeoRaidSpec.Backend::name))
            .equals(names(server.getConfiguredList().stream()));
  }

  /**
   * What the status is to name as pod and volume of each backend: those that there are, but the old
   * ones for a backend that is out, or of which nobody tells, as long as nobody was asked to
   * recover it with the new ones.
   *
   * @param asked the backend whose recovery was just asked for, and granted
   */
  public static Map<String, Seen.Backend> remembered(
      ZeoRaid wish,
      Optional<RaidStatus> raid,
      Map<String, Seen.Backend> backends,
      Optional<String> asked) {
    Map<String, Seen.Backend> remembered = new TreeMap<>();
    backends.forEach((name, now) -> {
      boolean settled = asked.filter(name::equals).isPresent() || isIn(raid, name);
      remembered.put(
          name,
          settled ? now : before(wish, name).map(before -> withUids(before, now)).orElse(now));
    });
    return remembered;
  }

  private static Seen.Backend withUids(ZeoRaidStatus.BackendStatus before, Seen.Backend now) {
    return new Seen.Backend(
        Optional.ofNullable(before.podUid()).or(now::podUid),
        now.claim(),
        Optional.ofNullable(before.claimUid()).or(now::claimUid),
        now.trouble());
  }

  private static boolean isIn(Optional<RaidStatus> raid, String name) {
    return raid.map(RaidStatus::getBackendsList).orElse(List.of()).stream()
        .filter(backend -> backend.getName().equals(name))
        .anyMatch(backend ->
            backend.getState() == BackendState.BACKEND_STATE_IN_SYNC
                || backend.getState() == BackendState.BACKEND_STATE_RECOVERING);
  }

  private static Set<String> names(Stream<String> names) {
    return names.collect(Collectors.toSet());
  }

  private static boolean isRecovering(RaidStatus raid) {
    return raid.getBackendsList().stream()
        .anyMatch(backend -> backend.getState() == BackendState.BACKEND_STATE_RECOVERING);
  }

  private static Optional<ZeoRaidStatus.BackendStatus> before(ZeoRaid wish, String name) {
    ZeoRaidStatus status = wish.getStatus();
    if (status == null || status.backends() == null) {
      return Optional.empty();
    }
    return status.backends().stream().filter(backend -> backend.name().equals(name)).findFirst();
  }

  private static boolean isTrue(@Nullable Boolean flag) {
    return Boolean.TRUE.equals(flag);
  }
}
