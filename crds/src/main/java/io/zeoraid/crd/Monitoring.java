package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How Prometheus finds the metrics. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Monitoring(
    @JsonPropertyDescription(
            "Whether a PodMonitor is created, by default false. Nothing happens if the cluster has no such resource.")
        @Nullable Boolean podMonitor,
    @Size(max = 32) @JsonPropertyDescription("Labels for it, by which a Prometheus selects it.")
        @Nullable Map<String, String> labels) {}
