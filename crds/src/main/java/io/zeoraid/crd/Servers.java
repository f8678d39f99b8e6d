package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The ZEORaid servers of a RAID. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Servers(
    @JsonPropertyDescription(
            "Deployment: the operator runs the servers, behind a Service. Sidecar: they run beside Zope, in its pods; the operator"
                + " provides their configuration and the right to write the membership record. By default Deployment.")
        @Nullable Mode mode,
    @SpecReplicas
        @Default("2")
        @Min(1) @Max(32) @JsonPropertyDescription(
            "So many servers run; kubectl scale changes it. Of no effect with the mode Sidecar.")
        @Nullable Integer replicas,
    @Size(min = 1, max = 512) @JsonPropertyDescription("The image, by default that which came with the operator.")
        @Nullable String image,
    @JsonPropertyDescription("What the container requests, and its limits.")
        @Nullable ResourceRequirements resources,
    @JsonPropertyDescription("How clients reach the servers.") @Nullable ClientService service,
    @Size(max = 32) @JsonPropertyDescription("Only nodes with these labels are taken.")
        @Nullable Map<String, String> nodeSelector,
    @Size(max = 32) @JsonPropertyDescription("The taints of nodes that are put up with.")
        @Nullable List<Toleration> tolerations,
    @Size(max = 253) @JsonPropertyDescription("The priority class of the pods.")
        @Nullable String priorityClassName,
    @JsonPropertyDescription(
            "TLS with clients, and among the servers; without this, there is none. Added or removed only while the RAID is"
                + " hibernated and no server runs: servers with and without TLS don't understand each other.")
        @Nullable ServerTls tls,
    @JsonPropertyDescription(
            "TLS at the control port, where the operator asks the servers and whoever reaches it can take backends out; without"
                + " this, there is none. ca.crt says who may: the operator's certificate (see its Helm value controlTls) must be"
                + " among them. A change restarts the servers, one after another.")
        @Nullable ServerTls controlTls) {

  /** Where the servers run. */
  public enum Mode {
    /** In pods of their own. */
    Deployment,
    /** In the pods of their clients. */
    Sidecar
  }

  /** The Service that clients connect to. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ClientService(
      @JsonPropertyDescription("Its type, by default ClusterIP.") @Nullable Type type,
      @Min(1) @Max(65535) @JsonPropertyDescription("The port that clients connect to, by default 8100.")
          @Nullable Integer port,
      @Size(max = 32) @JsonPropertyDescription("Its annotations, such as those that a load balancer reads.")
          @Nullable Map<String, String> annotations) {

    /** The types of Services that make sense. */
    public enum Type {
      /** Within the cluster. */
      ClusterIP,
      /** At a port of each node. */
      NodePort,
      /** By a load balancer of the cloud. */
      LoadBalancer
    }
  }
}
