package io.zeoraid.server.membership;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.zeoraid.raid.membership.Heartbeat;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * The heartbeat of a primary as a {@code Lease}: its holder is the primary, its renewal another
 * time with each beat. The times are for people; the servers compare them for equality only. It is
 * not a lock: anybody may overwrite it, and nothing is safe because of it.
 *
 * <p>Blocks. Beats and their end come from one thread; {@link #look} from any.
 */
final class LeaseHeartbeat {
  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private Instant last = Instant.EPOCH;

  LeaseHeartbeat(KubernetesClient client, String namespace, String name) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
  }

  private Resource<Lease> lease() {
    return client.leases().inNamespace(namespace).withName(name);
  }

  /** Shows a beat, over whatever was there. */
  void beat(String primary) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
    last = now.isAfter(last) ? now : last.plus(1, ChronoUnit.MICROS);
    Lease lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity(primary)
            .withRenewTime(last.atZone(ZoneOffset.UTC))
            .endSpec()
            .build();
    Resource<Lease> resource = client.leases().inNamespace(namespace).resource(lease);
    try {
      resource.patch(PatchContext.of(PatchType.JSON_MERGE));
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
      resource.create();
    }
  }

  /** This primary does not beat any more; if another one does by now, nothing changes. */
  void end(String primary) {
    @Nullable Lease lease = lease().get();
    if (lease == null
        || lease.getSpec() == null
        || !primary.equals(lease.getSpec().getHolderIdentity())) {
      return;
    }
    lease.getSpec().setHolderIdentity(null);
    try {
      // Of this version only: a successor may beat meanwhile.
      client.leases().inNamespace(namespace).resource(lease).update();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }

  /** What the Lease shows now. */
  Heartbeat look() {
    @Nullable Lease lease = lease().get();
    @Nullable LeaseSpec spec = lease == null ? null : lease.getSpec();
    String holder = spec == null ? null : spec.getHolderIdentity();
    return spec == null || holder == null || holder.isEmpty()
        ? new Heartbeat.Silent()
        : new Heartbeat.Beating(holder, String.valueOf(spec.getRenewTime()));
  }
}
