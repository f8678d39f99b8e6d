package io.zeoraid.operator.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/**
 * What the caches hold for one ZeoRaid; it may be late.
 *
 * @param children what bears the operator's labels, of the kinds that are planned
 * @param pods the pods of servers and backends
 * @param claims the claims of the backends
 */
public record Found(
    List<HasMetadata> children, List<Pod> pods, List<PersistentVolumeClaim> claims) {}
