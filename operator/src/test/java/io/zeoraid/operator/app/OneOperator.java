package io.zeoraid.operator.app;

import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.http.Interceptor.RequestTags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.zeoraid.crd.ApiServer;
import io.zeoraid.operator.plan.Settings;
import io.zeoraid.operator.servers.RaidServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** An operator for one namespace, whose requests are counted. */
final class OneOperator implements AutoCloseable {
  private final AtomicLong writes = new AtomicLong();
  private final AtomicLong rounds = new AtomicLong();
  private final KubernetesClient client;
  private final Running running;

  OneOperator(String namespace, RaidServers servers) {
    this(namespace, servers, Clock.systemUTC());
  }

  OneOperator(String namespace, RaidServers servers, Clock clock) {
    client =
        new KubernetesClientBuilder()
            .withConfig(shippedRights())
            .withHttpClientBuilderConsumer(
                builder -> builder.addOrReplaceInterceptor("count", new Counting()))
            .build();
    running =
        new Running(
            client,
            servers,
            new Settings("zeoraid:test", "zeo:test", "zeoraid-system"),
            "operator-test",
            Set.of(namespace),
            false,
            () -> {},
            new SimpleMeterRegistry(),
            clock);
  }

  /** As the ServiceAccount of the manifests, which has exactly the rights that they give. */
  private static Config shippedRights() {
    Path rights = ApiServer.root().resolve("deploy/operator/rbac.yaml");
    KubernetesClient admin = ApiServer.get().admin();
    try (var text = Files.newInputStream(rights)) {
      admin.load(text).items().stream()
          .filter(item -> !(item instanceof ServiceAccount))
          .forEach(item -> admin.resource(item).forceConflicts().serverSideApply());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ConfigBuilder(ApiServer.get().config())
        .withImpersonateUsername("system:serviceaccount:zeoraid-system:zeoraid-operator")
        .withImpersonateGroups("system:serviceaccounts", "system:authenticated")
        .build();
  }

  private final class Counting implements Interceptor {
    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
      if (!request.method().equals("GET")) {
        writes.incrementAndGet();
      } else if (request.uri().getPath().matches(".*/zeoraids/[^/]+")) {
        // Each round begins by reading the ZeoRaid.
        rounds.incrementAndGet();
      }
    }
  }

  void start() {
    running.start();
  }

  long writes() {
    return writes.get();
  }

  long rounds() {
    return rounds.get();
  }

  /** Waits until so many rounds have begun, and so one less has ended. */
  void awaitRounds(long count) {
    Cluster.until("round " + count, () -> rounds.get() > count);
  }

  void awaitAsked(FakeServers servers, int count) {
    Cluster.until(count + " wishes", () -> servers.asked().size() >= count);
  }

  @Override
  public void close() {
    running.close();
    client.close();
  }
}
