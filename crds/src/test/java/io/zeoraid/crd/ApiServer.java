package io.zeoraid.crd;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real API server for the tests of this JVM, with the definitions in {@code crds/}: the one whose
 * kubeconfig {@code ZEORAID_TEST_KUBECONFIG} names, else one that {@code e2e/kubernetes/apiserver}
 * starts, and that ends with the JVM. It has no controllers: nothing makes pods.
 */
public final class ApiServer {
  // Go may have to build it first.
  private static final long MINUTES_TO_START = 30;
  private static final long SECONDS_TO_SERVE = 30;

  private static final class Holder {
    static final ApiServer INSTANCE = new ApiServer();
  }

  private final Config config;
  private final KubernetesClient admin;

  private ApiServer() {
    try {
      config = Config.fromKubeconfig(Files.readString(kubeconfig()));
      admin = new KubernetesClientBuilder().withConfig(config).build();
      install("zeoraidmemberships.zeoraid.io");
      install("zeoraids.zeoraid.io");
    } catch (IOException e) {
      throw new UncheckedIOException("there is no API server to test with", e);
    }
  }

  /** The one of this JVM; started when it is first asked for. */
  public static ApiServer get() {
    return Holder.INSTANCE;
  }

  /** How to reach it as its administrator. */
  public Config config() {
    return config;
  }

  /** A client as its administrator; not to be closed. */
  public KubernetesClient admin() {
    return admin;
  }

  /** A new namespace, which enforces the Pod Security Standard {@code restricted}. */
  public String namespace() {
    var namespace =
        new NamespaceBuilder()
            .withNewMetadata()
            .withGenerateName("test-")
            .withLabels(Map.of("pod-security.kubernetes.io/enforce", "restricted"))
            .endMetadata()
            .build();
    return admin.namespaces().resource(namespace).create().getMetadata().getName();
  }

  /** The root of the repository. */
  public static Path root() {
    Path folder = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    while (!Files.exists(folder.resolve("e2e/kubernetes/apiserver"))) {
      folder = requireNonNull(folder.getParent(), "not in the repository");
    }
    return folder;
  }

  private static Path kubeconfig() throws IOException {
    String given = System.getenv("ZEORAID_TEST_KUBECONFIG");
    if (given != null && !given.isEmpty()) {
      return Path.of(given);
    }
    Path folder = Path.of(System.getProperty("basedir", "")).resolve("target/apiserver");
    script("down", folder.toString());
    script("up", folder.toString(), "--until-exit", Long.toString(ProcessHandle.current().pid()));
    return folder.resolve("kubeconfig");
  }

  private static void script(String... arguments) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(root().resolve("e2e/kubernetes/apiserver").toString());
    builder.command().addAll(List.of(arguments));
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(MINUTES_TO_START, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new IOException(builder.command() + " failed: " + output);
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private void install(String name) throws IOException {
    var definitions = admin.apiextensions().v1().customResourceDefinitions();
    try (var text = Files.newInputStream(root().resolve("crds/" + name + "-v1.yml"))) {
      definitions.load(text).forceConflicts().serverSideApply();
    }
    definitions
        .withName(name)
        .waitUntilCondition(
            definition ->
                Stream.ofNullable(definition)
                    .flatMap(known -> Stream.ofNullable(known.getStatus()))
                    .flatMap(status -> Stream.ofNullable(status.getConditions()))
                    .flatMap(List::stream)
                    .anyMatch(condition ->
                        condition.getType().equals("Established")
                            && condition.getStatus().equals("True")),
            SECONDS_TO_SERVE,
            TimeUnit.SECONDS);
  }
}
