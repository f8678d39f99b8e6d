package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who may reach the servers and backends by the network. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NetworkAccess(
    @JsonPropertyDescription(
            "Whether NetworkPolicies are created, by default true: only the servers reach the backends, and only what allowFrom"
                + " says reaches the servers. ZEO has no passwords, so these are what protects the data.")
        @Nullable Boolean policies,
    @Size(max = 32) @JsonPropertyDescription(
            "Who may connect to the ZEO port of the servers, as in a NetworkPolicy; by default every pod of the namespace.")
        @Nullable List<NetworkPolicyPeer> allowFrom,
    @Size(max = 32) @JsonPropertyDescription(
            "Who may read health and metrics of the servers beside the operator, such as Prometheus; by default nobody.")
        @Nullable List<NetworkPolicyPeer> allowMetricsFrom) {}
