package io.zeoraid.server.control;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.raid.status.RecoveryProgress;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A server in memory: answers as it is told to, and remembers what it was asked. */
@Alternative
@Singleton
public class FakeControl implements RaidControl {
  private static final Tid TID = new Tid(0x04020a1b2c3d4e5fL);

  private final Map<String, RaidStatus> statuses = new LinkedHashMap<>();
  private final List<Consumer<RaidStatus>> watchers = new ArrayList<>();
  private final List<String> asked = new ArrayList<>();
  private final CountDownLatch watchClosed = new CountDownLatch(1);
  private @Nullable RuntimeException refusal;
  private boolean silent;
  private CompletableFuture<String> packed = CompletableFuture.completedFuture("Packed.");
  private @Nullable Consumer<String> packProgress;

  /** It has one storage, 1, which is optimal. */
  public FakeControl() {
    set(status("1", RaidState.OPTIMAL));
  }

  /** Two backends, a and b; b is out if the state is degraded, and rebuilt if it is recovering. */
  public static RaidStatus status(String storage, RaidState state) {
    BackendStatus a =
        new BackendStatus(new BackendName("a"), "in-sync", "optimal", true, TID, null);
    BackendStatus b =
        switch (state) {
          case OPTIMAL ->
              new BackendStatus(new BackendName("b"), "in-sync", "optimal", true, TID, null);
          case RECOVERING ->
              new BackendStatus(
                  new BackendName("b"), "recovering", "recovering", true, TID, progress(1234));
          case DEGRADED, FAILED ->
              new BackendStatus(
                  new BackendName("b"), "failed", "failed: gone", false, Tid.NONE, null);
        };
    return new RaidStatus(
        storage,
        state,
        state == RaidState.OPTIMAL ? "" : "b is \"out\"",
        state != RaidState.FAILED,
        7,
        "zeo-0",
        "zeo-1",
        TID,
        List.of(a, b));
  }

  /** Of 100,000 transactions. */
  public static RecoveryProgress progress(long transactionsDone) {
    return new RecoveryProgress(
        transactionsDone, 5_000_000, 100_000, -1, 2_500_000.5, new Tid(1), TID);
  }

  /** From now on this is the status of its storage; who watches it is told. */
  public synchronized void set(RaidStatus status) {
    statuses.put(status.storage(), status);
    List.copyOf(watchers).forEach(watcher -> watcher.accept(status));
  }

  public synchronized void forgetStorages() {
    statuses.clear();
  }

  /** From now on every wish is refused like this. */
  public synchronized void refuse(RuntimeException with) {
    refusal = with;
  }

  /** From now on no question is ever answered. */
  public synchronized void fallSilent() {
    silent = true;
  }

  /** The next pack ends with this. */
  public synchronized void packEndsWith(CompletableFuture<String> end) {
    packed = end;
  }

  /** The running pack tells this. */
  public synchronized void tellOfPack(String message) {
    if (packProgress != null) {
      packProgress.accept(message);
    }
  }

  public synchronized List<String> asked() {
    return List.copyOf(asked);
  }

  public void awaitWatchClosed() throws InterruptedException {
    watchClosed.await();
  }

  @Override
  public synchronized List<String> storages() {
    return List.copyOf(statuses.keySet());
  }

  @Override
  public synchronized CompletionStage<RaidStatus> status(String storage) {
    return answer(statuses.get(storage));
  }

  @Override
  public synchronized Watch watch(String storage, Consumer<RaidStatus> onChange) {
    watchers.add(onChange);
    RaidStatus now = statuses.get(storage);
    if (!silent && now != null) {
      onChange.accept(now);
    }
    return watchClosed::countDown;
  }

  @Override
  public synchronized CompletionStage<String> disable(String storage, BackendName backend) {
    return wish("disable " + storage + " " + backend);
  }

  @Override
  public synchronized CompletionStage<String> recover(String storage, BackendName backend) {
    return wish("recover " + storage + " " + backend);
  }

  @Override
  public synchronized CompletionStage<String> reload(String storage) {
    return wish("reload " + storage);
  }

  @Override
  public synchronized CompletionStage<String> pack(
      String storage, PackWish wish, Consumer<String> progress) {
    packProgress = progress;
    CompletionStage<String> granted = wish("pack " + storage + " " + wish);
    return granted.thenCompose(message -> packed);
  }

  @Override
  public synchronized CompletionStage<String> verify(
      String storage, List<BackendName> backends, Consumer<String> progress) {
    progress.accept("equal up to here");
    return wish("verify " + storage + " " + backends);
  }

  private CompletionStage<String> wish(String what) {
    asked.add(what);
    return answer("Done: " + what + ".");
  }

  private <T> CompletionStage<T> answer(@Nullable T answer) {
    if (silent) {
      return new CompletableFuture<>();
    }
    RuntimeException no = refusal;
    if (no != null) {
      return CompletableFuture.failedFuture(no);
    }
    if (answer == null) {
      throw new IllegalStateException("asked for a storage that there is not");
    }
    return CompletableFuture.completedFuture(answer);
  }
}
