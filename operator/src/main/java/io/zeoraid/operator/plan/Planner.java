package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.zeoraid.crd.ZeoRaid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Says what should run for a ZeoRaid. */
public final class Planner {
  private final Settings settings;

  /**
   * @param settings what the operator was started with
   */
  public Planner(Settings settings) {
    this.settings = settings;
  }

  /**
   * The objects to be applied, in this order: first what others need. Nothing while the ZeoRaid is
   * paused.
   *
   * @param wish a ZeoRaid as the API server has it; its definition has checked it
   * @param observed what runs already
   */
  public List<HasMetadata> plan(ZeoRaid wish, Observed observed) {
    Raid raid = new Raid(wish);
    if (Boolean.TRUE.equals(raid.spec.paused())) {
      return List.of();
    }
    Network network = new Network(raid, settings);
    List<HasMetadata> children = new ArrayList<>(Access.all(raid));
    children.addAll(network.policies());
    BackendChildren backends = new BackendChildren(raid, observed, settings);
    // If nothing is served, another image of the servers may be what helps.
    boolean backendsFirst =
        observed.served() && (observed.outdated() || backends.changesATemplate());
    children.addAll(backends.all());
    children.addAll(new ServerChildren(raid, observed, settings, backendsFirst).all());
    children.addAll(network.podMonitor(observed));
    return children;
  }

  /**
   * The size that each claim of a managed backend should have, by the name of the claim. Claims are
   * made by their StatefulSets; whoever finds a smaller one lets it grow.
   */
  public Map<String, String> claimSizes(ZeoRaid wish) {
    Raid raid = new Raid(wish);
    Map<String, String> sizes = new HashMap<>();
    for (var backend : raid.managed()) {
      sizes.put(raid.claimName(backend.name()), BackendChildren.size(raid.spec, backend));
    }
    return sizes;
  }

  /**
   * The host name that the certificate of a server's control service must be for; empty: it speaks
   * no TLS. A server that was made before the spec asked for TLS, or did not any more, is told from
   * one made after by what it mounts.
   *
   * @param server the container that it runs in
   */
  public static Optional<String> controlName(ZeoRaid wish, Container server) {
    if (!Tls.isMounted(server)) {
      return Optional.empty();
    }
    Raid raid = new Raid(wish);
    return Tls.ofControl(raid).flatMap(Tls.Side::expected).or(() -> Optional.of(raid.hostName()));
  }

  /** The claims of the managed backends, by the name of the backend. */
  public Map<String, String> claims(ZeoRaid wish) {
    Raid raid = new Raid(wish);
    Map<String, String> claims = new TreeMap<>();
    raid.managed().forEach(backend -> claims.put(backend.name(), raid.claimName(backend.name())));
    return claims;
  }
}
