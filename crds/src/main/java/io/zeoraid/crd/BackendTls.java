package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** TLS towards a backend. Both sides show a certificate ({@code docs/tls.md}). */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BackendTls(
    @Required
        @Size(min = 1, max = 253) @Pattern(ServerTls.NAME) @JsonPropertyDescription(
            "The Secret with the certificate that the servers show to this backend, in the namespace of the ZeoRaid: tls.crt and"
                + " tls.key, and ca.crt, by which the backend is known, unless caSecretName is set. If it changes, new"
                + " connections use it without a restart.")
        String secretName,
    @Size(min = 1, max = 253) @Pattern(ServerTls.NAME) @JsonPropertyDescription(
            "The Secret whose ca.crt says by which authorities the backend is known, by default secretName.")
        @Nullable String caSecretName,
    @Size(min = 1, max = 253) @Pattern(ServerTls.HOST) @JsonPropertyDescription(
            "The host name that the backend's certificate must be for, by default host.")
        @Nullable String serverName) {}
