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
import io.zeoraid.operator.plan.Hibernation;
import io.zeoraid.operator.plan.Leftovers;
import io.zeoraid.operator.plan.Observations;
import io.zeoraid.operator.plan.Observed;
import io.zeoraid.operator.plan.Ownership;
import io.zeoraid.operator.plan.Planner;
import io.zeoraid.operator.plan.Reprovision;
import io.zeoraid.operator.plan.Rolling;
import io.zeoraid.operator.plan.Rolling.BackendPod;
import io.zeoraid.operator.plan.Settings;
import io.zeoraid.operator.plan.Wishes;
import io.zeoraid.operator.servers.Address;
import io.zeoraid.operator.servers.Outcome;
import io.zeoraid.operator.servers.RaidServers;
import io.zeoraid.operator.status.Pending;
import io.zeoraid.operator.status.PodSight;
import io.zeoraid.operator.status.Seen;
import io.zeoraid.operator.status.Statuses;
import io.zeoraid.operator.status.Stuck;
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
import java.util.function.Supplier;
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
  private final Rolls rolls;
  private final Volumes volumes;
  private final Packs packs;
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
    rolls = new Rolls(client);
    volumes = new Volumes(client);
    packs = new Packs(servers);
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
      packs.forget(cached.getMetadata().getUid());
      return Optional.empty();
    }
    Instant now = clock.instant();
    ServerPods pods = new ServerPods(wish, found.pods());
    Map<Address, RaidStatus> views = servers.status(pods.addresses());
    Optional<RaidStatus> raid = Views.best(views.values());
    Supplier<Optional<RaidStatus>> asks =
        () -> Views.best(servers.status(pods.addresses()).values());
    Map<String, BackendPod> backendPods = Rolls.cached(planner.claims(wish).keySet(), found, now);
    Map<String, Seen.Backend> backends = backends(wish, found, now);
    boolean ready = backends.values().stream().allMatch(it -> it.trouble().isEmpty());
    Hibernation hibernation = Hibernation.of(wish, found.children(), found.pods(), ready, now);
    Applier.Result result =
        noCertificate(wish)
            .map(trouble -> new Applier.Result(false, Optional.of(trouble)))
            .orElseGet(() -> run(wish, found, raid, backendPods, hibernation));
    boolean reloading = reload(wish, views, raid);
    Volumes.Result grown = Volumes.Result.NOTHING;
    Reprovision.Step reprovision = new Reprovision.Step.Nothing();
    if (result.complete() && !Boolean.TRUE.equals(wish.getSpec().paused())) {
      grown = volumes.grow(planner.claimSizes(wish), found);
      reprovision = volumes.reprovision(wish, planner.claims(wish), found, raid, asks, now);
      if (reprovision instanceof Reprovision.Step.Nothing) {
        rolls.roll(wish, raid, backendPods, asks, now);
      }
    }
    Optional<Seen.Trouble> pending =
        Pending.of(
            Pending.of(hibernation),
            result.complete(),
            reloading,
            Rolling.outdated(backendPods),
            grown.growing(),
            waiting(reprovision));
    Packs.Result packed = packs.round(wish, views, raid, pending, now);
    Optional<Seen.Trouble> refused =
        result.trouble().or(grown::trouble).or(refusal(reprovision)).or(packed::trouble);
    Optional<Seen.Trouble> trouble =
        refused.or(() -> pods.trouble(now)).or(() -> stuck(wish, found, now));
    Optional<String> asked =
        raid.flatMap(said -> Wishes.recovery(wish, said, backends))
            .filter(backend -> recover(views, backend));
    Seen seen =
        new Seen(
            raid,
            pods.count(),
            pods.ready(),
            Wishes.remembered(wish, raid, backends, asked),
            pending,
            hibernation == Hibernation.WAKING_UP,
            trouble,
            packed.status());
    ZeoRaidStatus status = Statuses.of(wish, seen, now);
    tell(wish, status, now);
    return Optional.of(next(refused, status));
  }

  /** An operator that made servers which it can't ask would be blind. */
  private Optional<Seen.Trouble> noCertificate(ZeoRaid wish) {
    var wanted = wish.getSpec().servers();
    return wanted == null || wanted.controlTls() == null
        ? Optional.empty()
        : servers
            .tlsTrouble()
            .map(why ->
                new Seen.Trouble(
                    "NoControlCertificate",
                    "nothing of this ZeoRaid is applied, for it asks for spec.servers.controlTls, and "
                        + why));
  }

  private static Supplier<Optional<Seen.Trouble>> refusal(Reprovision.Step step) {
    return () ->
        step instanceof Reprovision.Step.Refuse refuse
            ? Optional.of(new Seen.Trouble("ReprovisionRefused", refuse.why()))
            : Optional.empty();
  }

  private static Optional<Seen.Trouble> waiting(Reprovision.Step step) {
    return step instanceof Reprovision.Step.Wait wait
        ? Optional.of(new Seen.Trouble("Reprovisioning", wait.why()))
        : Optional.empty();
  }

  private static Duration next(Optional<Seen.Trouble> trouble, ZeoRaidStatus status) {
    if (trouble.isPresent()) {
      return STALLED;
    }
    return status.raid() == ZeoRaidStatus.State.Optimal ? QUIET : BUSY;
  }

  private Applier.Result run(
      ZeoRaid wish,
      Found found,
      Optional<RaidStatus> raid,
      Map<String, BackendPod> pods,
      Hibernation hibernation) {
    if (Boolean.TRUE.equals(wish.getSpec().paused())) {
      return new Applier.Result(true, Optional.empty());
    }
    List<HasMetadata> ours =
        found.children().stream()
            .filter(child -> Ownership.of(wish, child) instanceof Ownership.Ours)
            .toList();
    Observed observed = Observations.of(ours, raid, pods, hibernation, knowsPodMonitors(wish));
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

  /**
   * Each server must know where a new backend is. All are asked if the RAID has not got the
   * backends of the spec, else those that were given their configuration late.
   */
  private boolean reload(ZeoRaid wish, Map<Address, RaidStatus> views, Optional<RaidStatus> raid) {
    boolean all = raid.map(said -> Wishes.reload(wish, said)).orElse(false);
    List<Address> asked =
        views.entrySet().stream()
            .filter(view -> all || Wishes.isLate(wish, view.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    asked.forEach(server -> log("reload", server, servers.reload(server)));
    return all || !asked.isEmpty();
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

  /** The first backend whose pod needs a person. */
  private Optional<Seen.Trouble> stuck(ZeoRaid wish, Found found, Instant now) {
    return new TreeMap<>(planner.claims(wish))
        .entrySet().stream()
            .flatMap(backend ->
                pod(found, backend.getKey())
                    .flatMap(pod ->
                        Stuck.backend(backend.getKey(), pod, claim(found, backend.getValue()), now))
                    .stream())
            .findFirst();
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
