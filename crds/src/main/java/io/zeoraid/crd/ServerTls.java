package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** TLS at a port of the ZEORaid servers. Both sides show a certificate ({@code docs/tls.md}). */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ServerTls(
    @Required
        @Size(min = 1, max = 253) @Pattern(ServerTls.NAME) @JsonPropertyDescription(
            "The Secret with the certificate that the servers show, in the namespace of the ZeoRaid: tls.crt and tls.key, as"
                + " cert-manager makes them, and ca.crt, by which those who connect are known, unless caSecretName is set. The"
                + " operator never reads it, the pods mount it. If it changes, new connections use it without a restart.")
        String secretName,
    @Size(min = 1, max = 253) @Pattern(ServerTls.NAME) @JsonPropertyDescription(
            "The Secret whose ca.crt says by which authorities those who connect are known, by default secretName.")
        @Nullable String caSecretName,
    @Size(min = 1, max = 253) @Pattern(ServerTls.HOST) @JsonPropertyDescription(
            "The host name that the certificate must be for. Servers ask each other, and the operator asks them, at the IP"
                + " addresses of their pods; this is what they compare. By default NAME.NAMESPACE.svc, of the ZeoRaid.")
        @Nullable String serverName) {
  /** Names of Secrets. */
  static final String NAME = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

  /** Names of hosts. */
  static final String HOST = "^[0-9A-Za-z]([-.0-9A-Za-z]*[0-9A-Za-z])?$";
}
