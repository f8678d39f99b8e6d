package io.zeoraid.operator.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidStatus;
import io.zeoraid.operator.plan.Leftovers;
import io.zeoraid.operator.plan.Observations;
import io.zeoraid.operator.plan.Observed;
import io.zeoraid.operator.plan.Ownership;
import io.zeoraid.operator.plan.Planner;
import io.zeoraid.operator.plan.Settings;
import io.zeoraid.operator.plan.Wishes;
import io.zeoraid.operator.servers.Address;
import io.zeoraid.operator.servers.Outcome;
import io.zeoraid.operator.servers.RaidServers;
import io.zeoraid.operator.status.PodSight;
import io.zeoraid.operator.status.Seen;
import io.zeoraid.operator.status.Statuses;
import io.zeoraid.operator.status.Transitions;
import io.zeoraid.operator.status.Views;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/**
 * One round for one ZeoRaid: look, plan, apply, ask the servers, tell. It keeps nothing that
 * matters from one round to the next: each begins with what the API server and the servers say, so
 * it may be killed anywhere. Threads: several, but one at a time for a ZeoRaid.
 */
public final class Reconciliation {
  /** The servers are asked that often; nothing is written if nothing has changed. */
  private static final Duration QUIET = Duration.ofSeconds(5);

  private static final Duration BUSY = Duration.ofSeconds(2);

  /** What a person has to see to; a change of the ZeoRaid is noticed at once. */
  private static final Duration STALLED = Duration.ofSeconds(20);

  private static final PatchContext STATUS =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(Applier.MANAGER)
          .withForce(true)
          .build();
  private static final Logger LOG = Logger.getLogger(Reconciliation.class);

  private final KubernetesClient client;
  private final RaidServers servers;
  private final Planner planner;
  private final Applier applier;
  private final EventLog events;
  private final Clock clock;

  /**
   * @param instance the name of the operator's pod, for Events
   */
  public Reconciliation(
      KubernetesClient client,
      RaidServers servers,
      Settings settings,
      String instance,
      Clock clock) {
    this.client = client;
    this.servers = servers;
    this.clock = clock;
    planner = new Planner(settings);
    applier = new Applier(client);
    events = new EventLog(client, instance);
  }

  /**
   * Goes round once.
   *
   * @param cached the ZeoRaid, maybe an older version
   * @return when to go round again if nothing happens; empty if the ZeoRaid is gone
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if the API server can't answer
   *     now
   */
  public Optional<Duration> round(ZeoRaid cached, Found found) {
    // The cache may not have our last status yet, which would repeat what was done.
    ZeoRaid wish = client.resource(cached).get();
    if (wish == null || wish.getMetadata().getDeletionTimestamp() != null) {
      applier.forget(cached.getMetadata().getUid());
      return Optional.empty();
    }
    Instant now = clock.instant();
    ServerPods pods = new ServerPods(found.pods());
    Map<Address, RaidStatus> views = servers.status(pods.addresses());
    Optional<RaidStatus> raid = Views.best(views.values());
    Applier.Result result = run(wish, found, raid);
    boolean reloading = reload(wish, views, raid);
    Map<String, Seen.Backend> backends = backends(wish, found, now);
    Optional<String> asked =
        raid.flatMap(said -> Wishes.recovery(wish, said, backends))
            .filter(backend -> recover(views, backend));
    Seen seen =
        new Seen(
            raid,
            pods.count(),
            pods.ready(),
            Wishes.remembered(wish, raid, backends, asked),
            result.complete() && !reloading,
            result.trouble());
    ZeoRaidStatus status = Statuses.of(wish, seen, now);
    tell(wish, status, now);
    return Optional.of(next(result, status));
  }

  private static Duration next(Applier.Result result, ZeoRaidStatus status) {
    if (result.trouble().isPresent()) {
      return STALLED;
    }
    return status.raid() == ZeoRaidStatus.State.Optimal ? QUIET : BUSY;
  }

  private Applier.Result run(ZeoRaid wish, Found found, Optional<RaidStatus> raid) {
    if (Boolean.TRUE.equals(wish.getSpec().paused())) {
      return new Applier.Result(true, Optional.empty());
    }
    List<HasMetadata> ours =
        found.children().stream()
            .filter(child -> Ownership.of(wish, child) instanceof Ownership.Ours)
            .toList();
    Observed observed = Observations.of(ours, raid, knowsPodMonitors(wish));
    List<HasMetadata> planned = planner.plan(wish, observed);
    Applier.Result result = applier.apply(wish, planned, found);
    if (result.complete()) {
      Leftovers.of(wish, planned, found.children(), raid).forEach(applier::delete);
    }
    return result;
  }

  private boolean knowsPodMonitors(ZeoRaid wish) {
    var monitoring = wish.getSpec().monitoring();
    return monitoring != null
        && Boolean.TRUE.equals(monitoring.podMonitor())
        && client.supports("monitoring.coreos.com/v1", "PodMonitor");
  }

  /** Asks each server: each must know where a new backend is. */
  private boolean reload(ZeoRaid wish, Map<Address, RaidStatus> views, Optional<RaidStatus> raid) {
    if (!raid.map(said -> Wishes.reload(wish, said)).orElse(false)) {
      return false;
    }
    views.keySet().forEach(server -> log("reload", server, servers.reload(server)));
    return true;
  }

  /** Whether the primary has begun, or some server in its stead has passed the wish on. */
  private boolean recover(Map<Address, RaidStatus> views, String backend) {
    Optional<Address> server =
        views.entrySet().stream()
            .filter(view -> Views.isPrimary(view.getValue()))
            .map(Map.Entry::getKey)
            .findFirst()
            .or(() -> views.keySet().stream().findFirst());
    return server
        .map(address -> log("recover " + backend, address, servers.recover(address, backend)))
        .orElse(false);
  }

  private static boolean log(String wish, Address server, Outcome outcome) {
    LOG.infof("asked %s: %s; %s", server.host(), wish, outcome);
    return outcome instanceof Outcome.Granted;
  }

  private Map<String, Seen.Backend> backends(ZeoRaid wish, Found found, Instant now) {
    Map<String, Seen.Backend> backends = new TreeMap<>();
    planner
        .claims(wish)
        .forEach((name, claim) ->
            backends.put(
                name, PodSight.backend(pod(found, name), claim, claim(found, claim), now)));
    return backends;
  }

  private static Optional<Pod> pod(Found found, String backend) {
    return found.pods().stream()
        .filter(pod -> backend.equals(pod.getMetadata().getLabels().get("zeoraid.io/backend")))
        .findFirst();
  }

  private static Optional<PersistentVolumeClaim> claim(Found found, String name) {
    return found.claims().stream()
        .filter(claim -> claim.getMetadata().getName().equals(name))
        .findFirst();
  }

  /** Events first: a killed operator may tell twice, which their names prevent, but not never. */
  private void tell(ZeoRaid wish, ZeoRaidStatus status, Instant now) {
    if (Objects.equals(wish.getStatus(), status)) {
      return;
    }
    Transitions.between(wish.getStatus(), status)
        .forEach(happening -> events.tell(wish, happening, now));
    ZeoRaid fresh = new ZeoRaid();
    fresh.getMetadata().setName(wish.getMetadata().getName());
    fresh.getMetadata().setNamespace(wish.getMetadata().getNamespace());
    fresh.setStatus(status);
    client.resource(fresh).subresource("status").patch(STATUS);
  }
}
