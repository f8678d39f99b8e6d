package io.zeoraid.server.membership;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;

/**
 * How Kubernetes' clients of this process reach the API server, on a JVM and in a native executable
 * alike: nothing is found by a service loader, which a native executable does without. Thread-safe.
 */
final class KubernetesHttp {
  /** By which Vert.x is told to ask the system for addresses, as all else does. */
  private static final String SYSTEM_RESOLVER = "vertx.disableDnsResolver";

  private KubernetesHttp() {}

  /** One for all: each of its own would have two event loops for each processor. */
  private static final class Shared {
    static final Vertx VERTX = create();

    private static Vertx create() {
      String before = System.getProperty(SYSTEM_RESOLVER);
      System.setProperty(SYSTEM_RESOLVER, "true");
      try {
        return Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(1)
                .setUseDaemonThread(true)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
      } finally {
        if (before == null) {
          System.clearProperty(SYSTEM_RESOLVER);
        } else {
          System.setProperty(SYSTEM_RESOLVER, before);
        }
      }
    }
  }

  /** A client that is not configured yet. */
  static KubernetesClientBuilder client() {
    KubernetesSerialization serialization = new KubernetesSerialization();
    // An event of a watch may be an error: without this its kind is unknown, and the watch goes on
    // for ever.
    serialization.registerKubernetesResource("v1", "Status", Status.class);
    return new KubernetesClientBuilder()
        .withHttpClientFactory(new VertxHttpClientFactory(Shared.VERTX))
        .withKubernetesSerialization(serialization);
  }
}
