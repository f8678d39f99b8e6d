package io.zeoraid.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The {@code <zeo>} section: {@code ZEO/server.xml}, and keys of our own. */
final class ZeoReader {

  private static final String NO_PASSWORDS =
      "ZEO 5 has no password authentication, so leaving this out would open the server unnoticed."
          + " Remove the key, and see to it that only your clients reach the port";

  private static final Key.Used<Address> ADDRESS = Key.of("address", AddressType.listening());
  private static final Key.Used<Boolean> READ_ONLY = Key.of("read-only", DataTypes.yesOrNo(), "no");
  private static final Key.Used<Integer> INVALIDATION_QUEUE_SIZE =
      Key.of("invalidation-queue-size", DataTypes.wholeNumber(1, 1_000_000), "100");
  private static final Key.Used<Duration> INVALIDATION_AGE =
      Key.of("invalidation-age", DataTypes.duration(Duration.ZERO, Duration.ofDays(3650)));
  private static final Key.Used<Duration> TRANSACTION_TIMEOUT =
      Key.of("transaction-timeout", DataTypes.duration(Duration.ofMillis(100), Duration.ofDays(7)));
  private static final Key.Used<Boolean> MSGPACK = Key.of("msgpack", DataTypes.yesOrNo());
  private static final Key.Used<Boolean> CLIENT_CONFLICT_RESOLUTION =
      Key.of("client-conflict-resolution", DataTypes.yesOrNo(), "no");
  private static final Key.Used<Path> PID_FILENAME = Key.of("pid-filename", DataTypes.path());
  private static final Key.Used<Address> CONTROL_ADDRESS =
      Key.of("control-address", AddressType.listening());
  private static final Key.Used<Address> HTTP_ADDRESS =
      Key.of("http-address", AddressType.listening());
  private static final Key.Used<Address> PEER_ADDRESS =
      Key.of("peer-address", AddressType.connecting());
  private static final Key.Used<Integer> MAX_MESSAGE_SIZE =
      Key.of("max-message-size", DataTypes.arraySize(64L << 10), "256MB");
  private static final Key.Used<Long> CLIENT_WRITE_BUFFER =
      Key.of("client-write-buffer", DataTypes.byteSize(64L << 10, 64L << 30), "64MB");
  private static final Key.Used<Duration> DRAIN_TIMEOUT =
      Key.of("drain-timeout", DataTypes.duration(Duration.ZERO, Duration.ofHours(1)), "10");
  private static final Key.Used<Integer> MAX_CONNECTIONS =
      Key.of("max-connections", DataTypes.wholeNumber(1, 1_000_000), "10000");

  private static final Key.Used<Integer> MAX_CALLS =
      Key.of("max-calls", DataTypes.wholeNumber(1, 1_000_000), "2000");
  private static final Key.Used<Integer> MAX_CALL_SIZE =
      Key.of("max-call-size", DataTypes.arraySize(1L << 10), "256KB");
  private static final Key.Used<Long> TOTAL_CLIENT_MEMORY =
      Key.of("total-client-memory", DataTypes.byteSize(1L << 20, 1024L << 30));
  private static final Key.Used<Duration> HANDSHAKE_TIMEOUT =
      Key.of(
          "handshake-timeout",
          DataTypes.duration(Duration.ofMillis(100), Duration.ofHours(1)),
          "10");

  static final SectionType TYPE =
      new SectionType(
          "zeo",
          List.of(
              ADDRESS,
              READ_ONLY,
              INVALIDATION_QUEUE_SIZE,
              INVALIDATION_AGE,
              TRANSACTION_TIMEOUT,
              MSGPACK,
              CLIENT_CONFLICT_RESOLUTION,
              PID_FILENAME,
              CONTROL_ADDRESS,
              HTTP_ADDRESS,
              PEER_ADDRESS,
              MAX_MESSAGE_SIZE,
              CLIENT_WRITE_BUFFER,
              DRAIN_TIMEOUT,
              MAX_CONNECTIONS,
              MAX_CALLS,
              MAX_CALL_SIZE,
              TOTAL_CLIENT_MEMORY,
              HANDSHAKE_TIMEOUT,
              Key.ignored(
                  "monitor-address",
                  "no longer applies: ZEO 5 has no monitor port. Health and metrics are served at"
                      + " http-address."),
              new Key.Refused("authentication-protocol", NO_PASSWORDS),
              new Key.Refused("authentication-database", NO_PASSWORDS),
              new Key.Refused("authentication-realm", NO_PASSWORDS)));

  private ZeoReader() {}

  /** The section, if it has what it needs. */
  static Optional<ZeoSection> read(
      SectionNode node, Map<String, String> environment, Problems problems) {
    Section section = Section.of(TYPE, node, environment, problems);
    List<SectionNode> inners = section.sections(SslReader.SECTIONS_OF_ZEO);
    Optional<SslConfig> ssl =
        section
            .single(ofType(inners, SslReader.SERVER))
            .flatMap(inner -> SslReader.server(section, inner));
    Optional<SslConfig> controlSsl =
        section
            .single(ofType(inners, SslReader.CONTROL))
            .flatMap(inner -> SslReader.control(section, inner));
    boolean msgpack =
        section
            .find(MSGPACK)
            .orElseGet(() -> !environment.getOrDefault("ZEO_MSGPACK", "").isEmpty());
    Optional<Address> address = section.require(ADDRESS);
    Optional<Address> control = section.find(CONTROL_ADDRESS);
    Optional<Address> http = section.find(HTTP_ADDRESS);
    refuseSame(section, CONTROL_ADDRESS, control, ADDRESS, address);
    refuseSame(section, HTTP_ADDRESS, http, ADDRESS, address);
    refuseSame(section, HTTP_ADDRESS, http, CONTROL_ADDRESS, control);
    return address.map(to ->
        new ZeoSection(
            to,
            section.get(READ_ONLY),
            section.get(INVALIDATION_QUEUE_SIZE),
            section.find(INVALIDATION_AGE),
            section.find(TRANSACTION_TIMEOUT),
            msgpack,
            section.get(CLIENT_CONFLICT_RESOLUTION),
            section.find(PID_FILENAME),
            ssl,
            control,
            controlSsl,
            http,
            section.find(PEER_ADDRESS),
            section.get(MAX_MESSAGE_SIZE),
            section.get(CLIENT_WRITE_BUFFER),
            section.get(DRAIN_TIMEOUT),
            section.get(MAX_CONNECTIONS),
            bounds(section)));
  }

  private static List<SectionNode> ofType(List<SectionNode> sections, SectionType type) {
    return sections.stream().filter(node -> node.type().equals(type.name())).toList();
  }

  private static ClientBounds bounds(Section section) {
    return new ClientBounds(
        section.get(MAX_CALLS),
        section.get(MAX_CALL_SIZE),
        section.find(TOTAL_CLIENT_MEMORY),
        section.get(HANDSHAKE_TIMEOUT));
  }

  private static void refuseSame(
      Section section,
      Key.Used<Address> key,
      Optional<Address> address,
      Key.Used<Address> otherKey,
      Optional<Address> other) {
    if (address.isPresent() && address.equals(other) && !isPickedBySystem(address.get())) {
      section.error(
          section.locationOf(key),
          "%s and %s are both %s; each needs its own"
              .formatted(otherKey.name(), key.name(), Quoting.quoted(address.get().toString())));
    }
  }

  private static boolean isPickedBySystem(Address address) {
    return address instanceof Address.Tcp(_, int port) && port == 0;
  }
}
