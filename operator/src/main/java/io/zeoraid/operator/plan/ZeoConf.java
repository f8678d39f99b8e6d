package io.zeoraid.operator.plan;

import io.zeoraid.crd.ExternalBackend;
import io.zeoraid.crd.ZeoRaidSpec;

/** Writes the configuration of the servers ({@code docs/configuration.md}) and of the backends. */
final class ZeoConf {
  private ZeoConf() {}

  static String servers(Raid raid) {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        <zeo>
          address :%d
          control-address :%d
          http-address :%d
          peer-address $(POD_IP):%d
        """
            .formatted(Raid.ZEO_PORT, Raid.CONTROL_PORT, Raid.HTTP_PORT, Raid.ZEO_PORT));
    Tls.ofClients(raid)
        .ifPresent(side -> text.append(ssl("  ", "ssl", side, name(side, "peer-hostname"))));
    Tls.ofControl(raid).ifPresent(side -> text.append(ssl("  ", "control-ssl", side, "")));
    text.append(
        """
        </zeo>

        <raidstorage 1>
          membership-kubernetes %s
          temp-dir /tmp
        """
            .formatted(raid.name()));
    if (raid.spec.recovery() != null && Boolean.FALSE.equals(raid.spec.recovery().automatic())) {
      text.append("  auto-recover no\n");
    }
    raid.spec.backends().forEach(backend -> text.append(zeoclient(raid, backend)));
    return text.append("</raidstorage>\n").toString();
  }

  private static String zeoclient(Raid raid, ZeoRaidSpec.Backend backend) {
    ExternalBackend external = backend.external();
    if (external == null) {
      return section(backend.name(), raid.backendName(backend.name()), Raid.ZEO_PORT, "1", "");
    }
    // An IPv6 address has colons of its own.
    String host = external.host().contains(":") ? "[" + external.host() + "]" : external.host();
    String storage = external.storage() == null ? "1" : external.storage();
    String timeout =
        external.transactionTimeoutSeconds() == null
            ? ""
            : "    transaction-timeout " + external.transactionTimeoutSeconds() + "\n";
    String ssl =
        Tls.ofBackend(backend.name(), external.tls())
            .map(side -> ssl("    ", "ssl", side, name(side, "server-hostname")))
            .orElse("");
    return section(backend.name(), host, external.port(), storage, timeout + ssl);
  }

  private static String name(Tls.Side side, String key) {
    return side.expected().map(name -> key + " " + name).orElse("");
  }

  private static String ssl(String indent, String type, Tls.Side side, String more) {
    String inner = indent + "  ";
    return "%s<%s>\n%s%s%s</%s>\n"
        .formatted(
            indent,
            type,
            side.files(inner),
            more.isEmpty() ? "" : inner + more + "\n",
            indent,
            type);
  }

  private static String section(String name, String host, int port, String storage, String more) {
    return "  <zeoclient %s>\n    server %s:%d\n    storage %s\n%s  </zeoclient>\n"
        .formatted(name, host, port, storage, more);
  }

  /**
   * Of a stock ZEO server. It has no {@code transaction-timeout}: one that runs into it keeps its
   * commit lock (F1 of {@code docs/replication.md}).
   */
  static String backend() {
    return """
    <zeo>
      address 0.0.0.0:%d
    </zeo>

    <filestorage 1>
      path /data/Data.fs
      blob-dir /data/blobs
    </filestorage>

    <eventlog>
      <logfile>
        path STDERR
      </logfile>
    </eventlog>
    """
        .formatted(Raid.ZEO_PORT);
  }
}
