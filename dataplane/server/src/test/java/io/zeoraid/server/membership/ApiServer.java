package io.zeoraid.server.membership;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A real API server for the tests of this JVM, with the definition of {@code ZeoRaidMembership}:
 * the one whose kubeconfig {@code ZEORAID_TEST_KUBECONFIG} names, else one that is started by
 * {@code e2e/kubernetes/apiserver} when it is first asked for, and ends with the JVM.
 */
final class ApiServer {
  private static final Path ROOT =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("../..").normalize();
  private static final Path DEFINITION = ROOT.resolve("crds/zeoraidmemberships.zeoraid.io-v1.yml");
  // Go may have to build it first.
  private static final long MINUTES_TO_START = 30;

  private static final ApiServer INSTANCE = new ApiServer();

  private final Config config;
  private final KubernetesClient admin;

  private ApiServer() {
    try {
      config = Config.fromKubeconfig(Files.readString(kubeconfig()));
      admin = KubernetesMembershipStore.client(config);
      install();
    } catch (IOException e) {
      throw new IllegalStateException("there is no API server to test with", e);
    }
  }

  private static Path kubeconfig() throws IOException {
    String given = System.getenv("ZEORAID_TEST_KUBECONFIG");
    if (given != null && !given.isEmpty()) {
      return Path.of(given);
    }
    Path folder = ROOT.resolve("dataplane/server/target/apiserver");
    script("down", folder.toString());
    script("up", folder.toString(), "--until-exit", Long.toString(ProcessHandle.current().pid()));
    return folder.resolve("kubeconfig");
  }

  private static void script(String... arguments) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(ROOT.resolve("e2e/kubernetes/apiserver").toString());
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

  private void install() throws IOException {
    try (var text = Files.newInputStream(DEFINITION)) {
      admin
          .apiextensions()
          .v1()
          .customResourceDefinitions()
          .load(text)
          .forceConflicts()
          .serverSideApply();
    }
    Eventually.holds(() -> admin.supports(ZeoRaidMembership.class));
  }

  static ApiServer get() {
    return INSTANCE;
  }

  /** How to reach it as its administrator. */
  Config config() {
    return config;
  }

  /** A client as its administrator; not to be closed. */
  KubernetesClient admin() {
    return admin;
  }

  /** A new namespace. */
  String namespace() {
    return admin
        .namespaces()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withGenerateName("test-")
                .endMetadata()
                .build())
        .create()
        .getMetadata()
        .getName();
  }
}
