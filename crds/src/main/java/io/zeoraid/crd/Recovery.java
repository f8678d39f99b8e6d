package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** When backends are rebuilt. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Recovery(
    @JsonPropertyDescription(
            "Whether a backend that is back, or whose pod or volume was replaced, is rebuilt without being told to; by default"
                + " true. If false, somebody has to ask for it: zeoraid recover.")
        @Nullable Boolean automatic) {}
