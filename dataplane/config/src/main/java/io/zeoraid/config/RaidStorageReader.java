package io.zeoraid.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code <raidstorage>}: gocept.zeoraid's section type, and keys of our own. */
final class RaidStorageReader {

  static final int MAX_BACKENDS = 16;
  static final int MAX_NAME_CHARS = 100;

  private static final Key.Used<Boolean> READ_ONLY = Key.of("read-only", DataTypes.yesOrNo(), "no");
  private static final Key.Used<Path> BLOB_DIR = Key.of("blob-dir", DataTypes.path());
  private static final Key.Used<Boolean> SHARED_BLOB_DIR =
      Key.of("shared-blob-dir", DataTypes.yesOrNo(), "no");
  private static final Key.Used<Path> MEMBERSHIP_FILE =
      Key.of("membership-file", DataTypes.pathBesideFile());
  private static final Key.Used<MembershipPlace.Kubernetes> MEMBERSHIP_KUBERNETES =
      Key.of("membership-kubernetes", KubernetesName.type());
  private static final Key.Used<Duration> HEARTBEAT_INTERVAL =
      Key.of(
          "heartbeat-interval",
          DataTypes.duration(Duration.ofMillis(50), Duration.ofMinutes(1)),
          "0.5");
  private static final Key.Used<Duration> TIMEOUT =
      Key.of("timeout", DataTypes.duration(Duration.ofMillis(100), Duration.ofHours(1)), "10");
  private static final Key.Used<Duration> PING_INTERVAL =
      Key.of("ping-interval", DataTypes.duration(Duration.ofMillis(10), Duration.ofHours(1)), "2");
  private static final Key.Used<Duration> CHECK_INTERVAL =
      Key.of("check-interval", DataTypes.duration(Duration.ofMillis(10), Duration.ofHours(1)), "3");
  private static final Key.Used<Boolean> AUTO_RECOVER =
      Key.of("auto-recover", DataTypes.yesOrNo(), "yes");
  private static final Key.Used<Long> RECOVERY_BANDWIDTH =
      Key.of("recovery-bandwidth", DataTypes.byteSize(0, 64L << 30), "0");
  private static final Key.Used<Long> TRANSACTION_MEMORY =
      Key.of("transaction-memory", DataTypes.byteSize(64L << 10, 64L << 30), "16MB");
  private static final Key.Used<Long> MAX_TRANSACTION_SIZE =
      Key.of("max-transaction-size", DataTypes.byteSize(1L << 20, 1024L << 30), "4GB");
  private static final Key.Used<Long> CACHE_SIZE =
      Key.of("cache-size", DataTypes.byteSize(0, 64L << 30), "64MB");
  private static final Key.Used<Path> TEMP_DIR = Key.of("temp-dir", DataTypes.pathBesideFile());
  private static final Key CLUSTER_MODE =
      Key.ignored(
          "cluster-mode",
          DataTypes.oneOf(List.of("single", "coop")),
          "no longer applies: who is in sync is kept in a record outside the backends, so two"
              + " backends may lose one and go on, and servers that don't see each other never"
              + " both commit.");
  private static final Key FAIL_MODE =
      Key.ignored(
          "fail-mode",
          DataTypes.oneOf(List.of("close", "read-only")),
          "no longer applies: a backend that fails is put out and the rest go on, reading and"
              + " writing. The storage stops only while no backend in sync can be reached, and"
              + " comes back by itself.");

  static final SectionType TYPE =
      new SectionType(
          "raidstorage",
          List.of(
              READ_ONLY,
              BLOB_DIR,
              SHARED_BLOB_DIR,
              MEMBERSHIP_FILE,
              MEMBERSHIP_KUBERNETES,
              HEARTBEAT_INTERVAL,
              TIMEOUT,
              PING_INTERVAL,
              CHECK_INTERVAL,
              AUTO_RECOVER,
              RECOVERY_BANDWIDTH,
              TRANSACTION_MEMORY,
              MAX_TRANSACTION_SIZE,
              CACHE_SIZE,
              TEMP_DIR,
              CLUSTER_MODE,
              FAIL_MODE));

  private final Map<String, String> environment;
  private final Problems problems;
  private final AddressClaims claims;
  private final Map<MembershipPlace, String> membershipPlaces = new HashMap<>();
  private final Map<String, Location> storageNames = new HashMap<>();

  RaidStorageReader(Map<String, String> environment, Problems problems, AddressClaims claims) {
    this.environment = environment;
    this.problems = problems;
    this.claims = claims;
  }

  /** The storage; not to be used if anything was reported. */
  RaidStorageConfig read(SectionNode node) {
    Section section = Section.of(TYPE, node, environment, problems);
    String name = node.name().orElse("1");
    checkName(node, name, storageNames);
    Optional<Path> blobDir = section.find(BLOB_DIR);
    boolean sharedBlobDir = section.get(SHARED_BLOB_DIR);
    if (sharedBlobDir && !section.isGiven(BLOB_DIR)) {
      section.error(
          section.locationOf(SHARED_BLOB_DIR),
          "shared-blob-dir yes needs a blob-dir that is shared");
    }
    Duration timeout = section.get(TIMEOUT);
    Duration pingInterval = section.get(PING_INTERVAL);
    if (section.isSound(PING_INTERVAL)
        && section.isSound(TIMEOUT)
        && pingInterval.compareTo(timeout) >= 0) {
      section.error(
          pingLocation(section),
          "ping-interval (%s s) must be shorter than timeout (%s s)"
              .formatted(DataTypes.shownSeconds(pingInterval), DataTypes.shownSeconds(timeout)));
    }
    return new RaidStorageConfig(
        name,
        backends(section),
        section.get(READ_ONLY),
        blobDir,
        sharedBlobDir,
        membership(section),
        section.get(HEARTBEAT_INTERVAL),
        timeout,
        pingInterval,
        section.get(CHECK_INTERVAL),
        section.get(AUTO_RECOVER),
        section.get(RECOVERY_BANDWIDTH),
        section.get(TRANSACTION_MEMORY),
        section.get(MAX_TRANSACTION_SIZE),
        section.get(CACHE_SIZE),
        section.find(TEMP_DIR));
  }

  private List<BackendConfig> backends(Section section) {
    List<SectionNode> nodes = section.sections(BackendReader.SECTIONS);
    if (nodes.isEmpty()) {
      section.error(
          section.node().at(),
          "has no backends: it needs 1 to %d <zeoclient NAME> sections".formatted(MAX_BACKENDS));
    }
    if (nodes.size() > MAX_BACKENDS) {
      section.error(
          nodes.get(MAX_BACKENDS).at(),
          "has %d backends; at most %d are allowed".formatted(nodes.size(), MAX_BACKENDS));
    }
    List<BackendConfig> backends = new ArrayList<>();
    Map<String, Location> names = new HashMap<>();
    for (SectionNode node : nodes) {
      node.name().ifPresent(name -> checkName(node, name, names));
      BackendReader.read(section, node, claims).ifPresent(backends::add);
    }
    return backends;
  }

  private void checkName(SectionNode node, String name, Map<String, Location> taken) {
    if (name.length() > MAX_NAME_CHARS) {
      problems.error(
          node.at(),
          "%s: the name is longer than %d characters".formatted(node.label(), MAX_NAME_CHARS));
    }
    Location first = taken.putIfAbsent(name, node.at());
    if (first != null) {
      problems.error(
          node.at(),
          "%s: the name %s is taken by the <%s> in %s; names must differ, also in more than case"
              .formatted(
                  node.label(), Quoting.quoted(name), node.type(), first.seenFrom(node.at())));
    }
  }

  private Optional<MembershipPlace> membership(Section section) {
    Optional<Path> file = section.find(MEMBERSHIP_FILE);
    Optional<MembershipPlace.Kubernetes> kubernetes = section.find(MEMBERSHIP_KUBERNETES);
    file.ifPresent(path ->
        claim(
            section,
            MEMBERSHIP_FILE,
            Quoting.quoted(path.toString()),
            new MembershipPlace.File(path.normalize())));
    kubernetes.ifPresent(
        place -> claim(section, MEMBERSHIP_KUBERNETES, Quoting.quoted(place.toString()), place));
    if (section.isGiven(MEMBERSHIP_FILE) && section.isGiven(MEMBERSHIP_KUBERNETES)) {
      section.error(
          section.locationOf(MEMBERSHIP_KUBERNETES),
          "membership-file and membership-kubernetes are both given; a storage has one record");
    }
    return file.<MembershipPlace>map(MembershipPlace.File::new).or(() -> kubernetes);
  }

  private void claim(Section section, Key.Used<?> key, String shown, MembershipPlace place) {
    String other = membershipPlaces.putIfAbsent(place, section.label());
    if (other != null) {
      section.error(
          section.locationOf(key),
          "%s %s is that of %s; each storage needs its own".formatted(key.name(), shown, other));
    }
  }

  /** Where to point if ping-interval and timeout don't fit: at whichever is given. */
  private static Location pingLocation(Section section) {
    return section.locationOf(section.isGiven(PING_INTERVAL) ? PING_INTERVAL : TIMEOUT);
  }
}
