package io.zeoraid.server.membership;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.zeoraid.raid.membership.Heartbeat;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the membership record as a {@code ZeoRaidMembership} in Kubernetes, for ZEORaid servers on
 * several machines, and the heartbeat as a {@code Lease} of the same name. A compare-and-set is a
 * creation, or a patch that names the {@code resourceVersion}; a reading is a GET without one,
 * which the API server answers from a quorum of etcd.
 *
 * <p>Each request is sent once, and waits a few seconds for its answer on a thread of its own;
 * beats have one thread together. What is not clearly carried out or refused is no answer. So is a
 * record that has vanished since it was seen.
 */
public final class KubernetesMembershipStore implements MembershipStore {
  private static final Logger LOG = Logger.getLogger(KubernetesMembershipStore.class);
  private static final int REQUEST_MILLIS = 5000;
  private static final int WATCH_AGAIN_MILLIS = 200;
  private static final long LAST_BEAT_MILLIS = 2000;

  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final String what;
  private final LeaseHeartbeat lease;
  private final ExecutorService workers;
  private final ExecutorService heart;
  private final AtomicBoolean beatIsDue = new AtomicBoolean();

  /** Whether there was a record at some time. */
  private volatile boolean seen;

  // On the heart's thread only.
  private @Nullable String beating;
  private String trouble = "";

  KubernetesMembershipStore(KubernetesClient client, String namespace, String name) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
    what = "ZeoRaidMembership " + namespace + "/" + name;
    lease = new LeaseHeartbeat(client, namespace, name);
    String thread = "membership-" + name;
    workers =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(thread + "-", 0).factory());
    heart =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name(thread + "-heartbeat").factory());
  }

  /**
   * Opens the store by the pod's service account, or else a kubeconfig. Asks nothing yet.
   *
   * @param namespace empty: that of the service account or the kubeconfig
   * @throws IOException if there is no namespace; the message is for people
   */
  public static KubernetesMembershipStore open(Optional<String> namespace, String name)
      throws IOException {
    Config config = Config.autoConfigure(null);
    String where =
        namespace
            .or(() -> Optional.ofNullable(config.getNamespace()))
            .orElseThrow(() ->
                new IOException(
                    "membership-kubernetes "
                        + name
                        + " has no namespace, and neither a service account nor a kubeconfig says"
                        + " one; write NAMESPACE/"
                        + name));
    return new KubernetesMembershipStore(client(config), where, name);
  }

  /** A client that repeats nothing: whoever asked must know that there was no answer. */
  static KubernetesClient client(Config config) {
    return KubernetesHttp.client()
        .withConfig(
            new ConfigBuilder(config)
                .withRequestTimeout(REQUEST_MILLIS)
                .withConnectionTimeout(REQUEST_MILLIS)
                .withRequestRetryBackoffLimit(0)
                .withWatchReconnectInterval(WATCH_AGAIN_MILLIS)
                .withWatchReconnectLimit(-1)
                .build())
        .build();
  }

  private NonNamespaceOperation<ZeoRaidMembership, ?, Resource<ZeoRaidMembership>> resources() {
    return client.resources(ZeoRaidMembership.class).inNamespace(namespace);
  }

  /** Asks the API server on a thread of its own; after {@link #close} there is no answer. */
  private <T> CompletionStage<T> ask(String request, Supplier<T> answer) {
    try {
      return CompletableFuture.supplyAsync(
          () -> {
            try {
              return answer.get();
            } catch (KubernetesClientException e) {
              throw KubernetesTrouble.of(request, namespace, e);
            }
          },
          workers);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("the membership store is closed", e));
    }
  }

  // The record.

  @Override
  public CompletionStage<Optional<Stored>> read() {
    return ask("read " + what, this::readNow);
  }

  private Optional<Stored> readNow() {
    @Nullable ZeoRaidMembership found = resources().withName(name).get();
    if (found != null) {
      return Optional.of(stored(found));
    }
    if (seen) {
      throw vanished();
    }
    if (!client.supports(ZeoRaidMembership.class)) {
      throw new IllegalStateException(
          "the API server does not know "
              + ZeoRaidMembership.RESOURCE
              + "; install crds/zeoraidmemberships.zeoraid.io-v1.yml");
    }
    return Optional.empty();
  }

  private IllegalStateException vanished() {
    return new IllegalStateException(
        what
            + " has vanished. Restore it; without it a restarted server has to take the backends as they are");
  }

  private Stored stored(ZeoRaidMembership resource) {
    try {
      Stored stored = MembershipResource.stored(resource);
      seen = true;
      return stored;
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          what
              + " is not a membership record: "
              + e.getMessage()
              + ". Restore it; don't delete it lightly",
          e);
    }
  }

  @Override
  public CompletionStage<Outcome> compareAndSet(Optional<String> version, MembershipRecord record) {
    return ask(
        "write " + what,
        () -> {
          Resource<ZeoRaidMembership> resource =
              resources().resource(MembershipResource.of(namespace, name, version, record));
          return version.isPresent() ? replace(resource) : create(resource);
        });
  }

  private Outcome create(Resource<ZeoRaidMembership> resource) {
    if (seen) {
      // It may have vanished: nobody makes another one in its place.
      return refused();
    }
    try {
      return new Outcome.Written(stored(resource.create()));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return refused();
      }
      throw e;
    }
  }

  /** A merge, so that labels, owners and so on stay; the spec has all its fields in any case. */
  private Outcome replace(Resource<ZeoRaidMembership> resource) {
    try {
      return new Outcome.Written(stored(resource.patch(PatchContext.of(PatchType.JSON_MERGE))));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return refused();
      }
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        seen = true;
        throw vanished();
      }
      throw e;
    }
  }

  private Outcome refused() {
    return new Outcome.Refused(readNow().orElseThrow(this::vanished));
  }

  @Override
  public void watch(Consumer<Stored> changed) {
    workers.execute(
        new KubernetesWatch(
            what,
            resources().withName(name),
            resource -> {
              try {
                changed.accept(stored(resource));
              } catch (IllegalStateException e) {
                // A reading tells of it.
                LOG.debugf("%s", e.getMessage());
              }
            }));
  }

  // The heartbeat.

  @Override
  public void beat(String primary) {
    if (beatIsDue.compareAndSet(false, true)) {
      onHeart(() -> {
        beatIsDue.set(false);
        beating = primary;
        lease.beat(primary);
      });
    }
  }

  @Override
  public void endBeats() {
    onHeart(() -> {
      String primary = beating;
      beating = null;
      if (primary != null) {
        lease.end(primary);
      }
    });
  }

  @Override
  public CompletionStage<Heartbeat> heartbeat() {
    return ask("read Lease " + namespace + "/" + name, lease::look);
  }

  private void onHeart(Runnable beat) {
    try {
      heart.execute(() -> report(trouble(beat)));
    } catch (RejectedExecutionException _) {
      // Closed: nobody waits for a beat.
    }
  }

  /** Does it, and says why it failed; empty if it did not. */
  private String trouble(Runnable beat) {
    try {
      beat.run();
      return "";
    } catch (KubernetesClientException e) {
      String request = "write Lease " + namespace + "/" + name;
      return String.valueOf(KubernetesTrouble.of(request, namespace, e).getMessage());
    } catch (RuntimeException e) {
      return e.toString();
    }
  }

  private void report(String now) {
    if (!now.equals(trouble)) {
      if (now.isEmpty()) {
        LOG.infof("the heartbeat of %s is written again", what);
      } else {
        LOG.warnf("no heartbeat: %s", now);
      }
      trouble = now;
    }
  }

  @Override
  public void close() {
    endBeats();
    heart.shutdown();
    workers.shutdownNow();
    try {
      if (!heart.awaitTermination(LAST_BEAT_MILLIS, TimeUnit.MILLISECONDS)) {
        heart.shutdownNow();
      }
    } catch (InterruptedException _) {
      heart.shutdownNow();
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
