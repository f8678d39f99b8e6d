package io.zeoraid.config;

import io.zeoraid.config.Section.Given;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code <zeoclient>} ({@code ZODB/component.xml}) and {@code <clientstorage>} ({@code
 * ZEO/component.xml}) in a {@code <raidstorage>}, and keys of our own.
 */
final class BackendReader {

  private static final String NO_CACHE =
      "has no effect: a ZEORaid server keeps no client cache. The caches of the Zopes stay as they"
          + " are.";
  private static final String NO_BLOB_CACHE =
      "has no effect for a backend: a ZEORaid server keeps no blobs, it passes them on over the"
          + " connection. Those on their way lie in the raidstorage's temp-dir.";
  private static final String RECONNECTS =
      "no longer applies: a ZEORaid server starts without waiting for its backends and connects"
          + " anew for as long as it takes. timeout and check-interval of the raidstorage say how"
          + " soon it notices.";
  private static final String NO_PASSWORDS =
      "has no effect: ZEO 5 has no password authentication (ZEO itself ignores this key, too).";

  private static final Key.Used<Address> SERVER = Key.of("server", AddressType.connecting());
  private static final Key.Used<String> STORAGE = Key.of("storage", DataTypes.text(), "1");
  private static final Key.Used<Duration> TRANSACTION_TIMEOUT =
      Key.of("transaction-timeout", DataTypes.duration(Duration.ofMillis(100), Duration.ofDays(7)));
  private static final Key.Used<String> CLIENT_LABEL = Key.of("client-label", DataTypes.text());
  private static final Key.Used<Boolean> READ_ONLY = Key.of("read-only", DataTypes.yesOrNo(), "no");

  static final SectionType TYPE =
      new SectionType(
          "zeoclient",
          List.of(
              SERVER,
              STORAGE,
              TRANSACTION_TIMEOUT,
              CLIENT_LABEL,
              READ_ONLY,
              Key.ignored(
                  "read-only-fallback",
                  "no longer applies: a backend that takes no writes is put out of service like any"
                      + " other that fails, and the rest go on."),
              Key.ignored(
                  "server-sync",
                  "no longer applies: what a client reads is proven fresh enough in any case."),
              Key.ignored("wait", RECONNECTS),
              Key.ignored("wait-timeout", RECONNECTS),
              Key.ignored("min-disconnect-poll", RECONNECTS),
              Key.ignored("max-disconnect-poll", RECONNECTS),
              Key.ignored("cache-size", NO_CACHE),
              Key.ignored("cache-path", NO_CACHE),
              Key.ignored("client", NO_CACHE),
              Key.ignored("var", NO_CACHE),
              Key.ignored("drop-cache-rather-verify", NO_CACHE),
              Key.ignored("blob-dir", NO_BLOB_CACHE),
              Key.ignored("shared-blob-dir", NO_BLOB_CACHE),
              Key.ignored("blob-cache-size", NO_BLOB_CACHE),
              Key.ignored("blob-cache-size-check", NO_BLOB_CACHE),
              Key.ignored(
                  "name",
                  "has no effect: a backend is called by the name of its section, <zeoclient"
                      + " NAME>."),
              Key.ignored("username", NO_PASSWORDS),
              Key.ignored("password", NO_PASSWORDS),
              Key.ignored("realm", NO_PASSWORDS)),
          Set.of("server"));

  /** Section types read here; the second one is a synonym. */
  static final Set<String> SECTIONS = Set.of("zeoclient", "clientstorage");

  private BackendReader() {}

  /** The backend, if the section has what it needs. */
  static Optional<BackendConfig> read(Section raid, SectionNode node, AddressClaims claims) {
    Section section = raid.inner(TYPE, node);
    Optional<SslConfig> ssl =
        section
            .single(section.sections(SslReader.SECTIONS))
            .flatMap(inner -> SslReader.client(section, inner));
    List<Given<Address>> servers = section.requireAll(SERVER);
    String storage = section.get(STORAGE);
    servers.forEach(server -> claims.backend(raid, section, server, storage));
    if (section.get(READ_ONLY)) {
      section.error(
          section.locationOf(READ_ONLY),
          "read-only must be no: every backend is written to. To serve the storage read-only, put"
              + " 'read-only yes' into the <raidstorage>");
    }
    if (node.name().isEmpty()) {
      section.error(
          node.at(),
          "a backend needs a name: write <%s NAME>. Status, recovery and the record of members"
                  .formatted(node.type())
              + " use it");
    }
    return node.name()
        .map(name ->
            new BackendConfig(
                name,
                servers.stream().map(Given::value).toList(),
                storage,
                section.find(TRANSACTION_TIMEOUT),
                section.find(CLIENT_LABEL),
                ssl));
  }
}
