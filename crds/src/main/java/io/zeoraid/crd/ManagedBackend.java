package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A ZEO server that the operator runs: a StatefulSet of one pod, with a volume of its own. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ManagedBackend(
    @Size(min = 1, max = 512) @JsonPropertyDescription(
            "The image: stock Python ZEO, by default that which came with the operator. It gets its configuration at"
                + " /etc/zeo/zeo.conf and its volume at /data. Another image is rolled out one backend after another.")
        @Nullable String image,
    @JsonPropertyDescription("The volume. Database and blobs are on it.") @Nullable Volume storage,
    @JsonPropertyDescription("What the container requests, and its limits.")
        @Nullable ResourceRequirements resources,
    @Size(max = 32) @JsonPropertyDescription("Only nodes with these labels are taken.")
        @Nullable Map<String, String> nodeSelector,
    @Size(max = 32) @JsonPropertyDescription("The taints of nodes that are put up with.")
        @Nullable List<Toleration> tolerations,
    @Size(max = 253) @JsonPropertyDescription("The priority class of the pod.")
        @Nullable String priorityClassName) {

  /** The volume of a backend. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Volume(
      @Size(max = 32) @Pattern("^[1-9][0-9]*(\\.[0-9]+)?(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$") @ValidationRule(
              value = "quantity(self).compareTo(quantity(oldSelf)) >= 0",
              message = "the size of a backend never shrinks")
          @JsonPropertyDescription(
              "Its size, such as 10Gi. It may grow, if its storage class allows that, and never shrinks. Each backend has at"
                  + " least the size of the template.")
          @Nullable String size,
      @Size(min = 1, max = 253) @ValidationRule(
              value = "self == oldSelf",
              message =
                  "the storage class of a backend can't change; add a backend of the new class, and remove this one once that"
                      + " is in sync")
          @JsonPropertyDescription(
              "Its storage class, by default the cluster's default class. It can't change.")
          @Nullable String storageClassName) {}
}
