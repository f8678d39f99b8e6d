package io.zeoraid.server.membership;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.Watchable;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Keeps a watch alive. The client connects anew by itself while it can; when it gives up (the API
 * server has forgotten the version to go on from, 410; it is away; the right is missing), the watch
 * begins again after a while. A new watch begins with the object as it is, so nothing is missed for
 * long.
 */
final class KubernetesWatch implements Runnable {
  private static final Logger LOG = Logger.getLogger(KubernetesWatch.class);
  private static final long SHORTEST_MILLIS = 250;
  private static final long LONGEST_MILLIS = 8000;

  private final String what;
  private final Watchable<ZeoRaidMembership> watched;
  private final Consumer<ZeoRaidMembership> changed;
  private long pause = SHORTEST_MILLIS;
  private volatile boolean heard;

  KubernetesWatch(
      String what, Watchable<ZeoRaidMembership> watched, Consumer<ZeoRaidMembership> changed) {
    this.what = what;
    this.watched = watched;
    this.changed = changed;
  }

  /** Watches until the thread is interrupted. */
  @Override
  public void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        heard = false;
        once();
        pause = heard ? SHORTEST_MILLIS : Math.min(pause * 2, LONGEST_MILLIS);
        Thread.sleep(pause);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void once() throws InterruptedException {
    Watching watching = new Watching();
    try (Watch _ = watched.watch(watching)) {
      watching.ended.await();
    } catch (KubernetesClientException e) {
      if (e.getCause() instanceof InterruptedException) {
        Thread.currentThread().interrupt();
        return;
      }
      LOG.debugf("%s can't be watched: %s", what, e.getMessage());
    }
  }

  private final class Watching implements Watcher<ZeoRaidMembership> {
    private final CountDownLatch ended = new CountDownLatch(1);

    @Override
    public void eventReceived(Action action, ZeoRaidMembership resource) {
      heard = true;
      switch (action) {
        case ADDED, MODIFIED -> changed.accept(resource);
        case DELETED -> LOG.errorf("%s was deleted; restore it", what);
        case ERROR, BOOKMARK -> {}
      }
    }

    @Override
    public void onClose() {
      ended.countDown();
    }

    @Override
    public void onClose(WatcherException cause) {
      LOG.debugf("the watch of %s ended, and begins anew: %s", what, cause.getMessage());
      ended.countDown();
    }
  }
}
