package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** A ZEO server that somebody else runs. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ExternalBackend(
    @Required
        @Size(min = 1, max = 253) @Pattern("^[0-9A-Za-z]([-.:0-9A-Za-z]*[0-9A-Za-z])?$") @JsonPropertyDescription("Its name or IP address.")
        String host,
    @Required @Min(1) @Max(65535) @JsonPropertyDescription("Its port.") Integer port,
    @Size(min = 1, max = 100) @Pattern("^[^\\s$#<>]+$") @JsonPropertyDescription("The name of the storage at that server, by default 1, as in ZEO.")
        @Nullable String storage,
    @Min(1) @Max(604800) @JsonPropertyDescription(
            "The transaction-timeout that this server is configured with, in seconds, if it has one. It had better have none:"
                + " a ZEO server that runs into it keeps its commit lock until it is restarted.")
        @Nullable Integer transactionTimeoutSeconds,
    @JsonPropertyDescription(
            "How the servers speak TLS with it; without this, they don't. A change restarts the servers, one after another.")
        @Nullable BackendTls tls) {}
