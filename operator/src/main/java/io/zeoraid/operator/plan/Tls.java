package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.VolumeProjectionBuilder;
import io.zeoraid.crd.BackendTls;
import io.zeoraid.crd.ServerTls;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which Secrets the servers of a RAID mount, and where. They are never read here, and nothing of
 * what is in them is in a pod template: the kubelet replaces the files, and the servers notice.
 *
 * <p>Keys are named one by one, so that a pod whose Secret lacks one waits, as for one that is
 * missing, instead of failing to start.
 */
final class Tls {
  private static final String ROOT = "/etc/zeoraid-tls/";
  private static final String CONTROL = "control";
  private static final int OWNER_AND_GROUP_READ = 0440;

  /**
   * One side of connections.
   *
   * @param name of its folder
   * @param secret with certificate and key
   * @param caSecret with what is trusted
   * @param expected the host name in the certificate of the peer; empty: that of its address
   */
  record Side(String name, String secret, String caSecret, Optional<String> expected) {
    private String volume() {
      return "tls-" + name;
    }

    private String folder() {
      return ROOT + name;
    }

    private String file(String key) {
      return folder() + "/" + key;
    }

    /** The keys of an {@code <ssl>} section that are the same everywhere. */
    String files(String indent) {
      return Stream.of("certificate tls.crt", "key tls.key", "authenticate ca.crt")
          .map(line -> indent + line.replace(" ", " " + folder() + "/") + "\n")
          .collect(Collectors.joining());
    }
  }

  private Tls() {}

  /** Towards the clients, and among the servers. */
  static Optional<Side> ofClients(Raid raid) {
    return side(raid, "zeo", raid.servers.tls());
  }

  /** Towards the operator, and whoever else asks and commands. */
  static Optional<Side> ofControl(Raid raid) {
    return side(raid, CONTROL, raid.servers.controlTls());
  }

  /** Whether a server speaks TLS at its control port: it was made with the files for that. */
  static boolean isMounted(Container server) {
    return server.getVolumeMounts().stream()
        .anyMatch(mount -> mount.getMountPath().equals(ROOT + CONTROL));
  }

  /** With these the command line in the pod of a server speaks TLS with it. */
  static List<EnvVar> commandLine(Raid raid) {
    return ofControl(raid)
        .map(side ->
            List.of(
                new EnvVar("ZEORAID_CONTROL_CERTIFICATE", side.file("tls.crt"), null),
                new EnvVar("ZEORAID_CONTROL_KEY", side.file("tls.key"), null),
                new EnvVar("ZEORAID_CONTROL_AUTHORITY", side.file("ca.crt"), null),
                new EnvVar("ZEORAID_CONTROL_SERVER_HOSTNAME", side.expected().orElseThrow(), null)))
        .orElse(List.of());
  }

  /** Towards a backend. */
  static Optional<Side> ofBackend(String backend, @Nullable BackendTls tls) {
    return Optional.ofNullable(tls)
        .map(it ->
            new Side(
                "backend-" + backend,
                it.secretName(),
                orElse(it.caSecretName(), it.secretName()),
                Optional.ofNullable(it.serverName())));
  }

  private static Optional<Side> side(Raid raid, String name, @Nullable ServerTls tls) {
    return Optional.ofNullable(tls)
        .map(it ->
            new Side(
                name,
                it.secretName(),
                orElse(it.caSecretName(), it.secretName()),
                Optional.of(orElse(it.serverName(), raid.hostName()))));
  }

  private static String orElse(@Nullable String wish, String otherwise) {
    return wish == null ? otherwise : wish;
  }

  /** All sides of a server. */
  static List<Side> all(Raid raid) {
    List<Side> sides = new ArrayList<>();
    ofClients(raid).ifPresent(sides::add);
    ofControl(raid).ifPresent(sides::add);
    for (var backend : raid.spec.backends()) {
      Optional.ofNullable(backend.external())
          .flatMap(external -> ofBackend(backend.name(), external.tls()))
          .ifPresent(sides::add);
    }
    return sides;
  }

  /** The parts of the spec that they come of. */
  static Map<String, @Nullable Object> wishes(Raid raid) {
    Map<String, BackendTls> backends = new TreeMap<>();
    for (var backend : raid.spec.backends()) {
      if (backend.external() != null && backend.external().tls() != null) {
        backends.put(backend.name(), backend.external().tls());
      }
    }
    Map<String, @Nullable Object> wishes = new HashMap<>();
    wishes.put("tls", raid.servers.tls());
    wishes.put("controlTls", raid.servers.controlTls());
    wishes.put("backendTls", backends.isEmpty() ? null : backends);
    return wishes;
  }

  static List<Volume> volumes(List<Side> sides) {
    return sides.stream().map(Tls::volume).toList();
  }

  private static Volume volume(Side side) {
    boolean both = side.secret().equals(side.caSecret());
    List<VolumeProjection> sources = new ArrayList<>();
    sources.add(
        both
            ? source(side.secret(), "ca.crt", "tls.crt", "tls.key")
            : source(side.secret(), "tls.crt", "tls.key"));
    if (!both) {
      sources.add(source(side.caSecret(), "ca.crt"));
    }
    return new VolumeBuilder()
        .withName(side.volume())
        .withNewProjected()
        .withDefaultMode(OWNER_AND_GROUP_READ)
        .withSources(sources)
        .endProjected()
        .build();
  }

  private static VolumeProjection source(String secret, String... keys) {
    return new VolumeProjectionBuilder()
        .withNewSecret()
        .withName(secret)
        .withItems(Arrays.stream(keys).map(key -> new KeyToPath(key, null, key)).toList())
        .endSecret()
        .build();
  }

  static List<VolumeMount> mounts(List<Side> sides) {
    return sides.stream().map(side -> Pods.mount(side.volume(), side.folder(), true)).toList();
  }

  /** What must be restarted for: a server compares the names that it has read at its start. */
  static String names(List<Side> sides) {
    return sides.stream()
        .map(side -> side.name() + "=" + side.expected().orElse(""))
        .collect(Collectors.joining(" "));
  }
}
