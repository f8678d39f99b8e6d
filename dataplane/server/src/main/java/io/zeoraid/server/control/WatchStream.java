package io.zeoraid.server.control;

import io.grpc.stub.ServerCallStreamObserver;
import io.zeoraid.control.v1.WatchResponse;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.raid.status.RecoveryProgress;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client's watch. Snapshots come in at any rate; out goes the first one, then each one that
 * differs in more than numbers at once, and one that differs in numbers only (tids, progress) at
 * most once a second. A slow client gets the latest one when it is ready again. Any thread.
 */
final class WatchStream implements Consumer<RaidStatus> {
  static final Duration NUMBERS_EVERY = Duration.ofSeconds(1);

  private static final RecoveryProgress SOME_PROGRESS =
      new RecoveryProgress(0, 0, 0, 0, 0, Tid.NONE, Tid.NONE);

  private final ServerCallStreamObserver<WatchResponse> out;
  private final Clockwork clockwork;

  private @Nullable RaidStatus sent;
  private long sentAtNanos;
  private @Nullable RaidStatus pending;
  private boolean timerSet;

  WatchStream(ServerCallStreamObserver<WatchResponse> out, Clockwork clockwork) {
    this.out = out;
    this.clockwork = clockwork;
  }

  @Override
  public synchronized void accept(RaidStatus status) {
    pending = status;
    pump();
  }

  /** The client can take more now, or the second is over. */
  synchronized void pump() {
    RaidStatus next = pending;
    if (next == null || out.isCancelled() || !out.isReady()) {
      return;
    }
    RaidStatus last = sent;
    if (last != null) {
      if (next.equals(last)) {
        pending = null;
        return;
      }
      if (withoutNumbers(next).equals(withoutNumbers(last))) {
        long waitNanos = sentAtNanos + NUMBERS_EVERY.toNanos() - clockwork.nanos();
        if (waitNanos > 0) {
          wakeAfter(Duration.ofNanos(waitNanos));
          return;
        }
      }
    }
    pending = null;
    sent = next;
    sentAtNanos = clockwork.nanos();
    out.onNext(WatchResponse.newBuilder().setStatus(StatusMessages.toMessage(next)).build());
  }

  private void wakeAfter(Duration delay) {
    if (!timerSet) {
      timerSet = true;
      clockwork.after(delay, this::woken);
    }
  }

  private synchronized void woken() {
    timerSet = false;
    pump();
  }

  private static RaidStatus withoutNumbers(RaidStatus status) {
    List<BackendStatus> backends =
        status.backends().stream()
            .map(backend ->
                new BackendStatus(
                    backend.name(),
                    backend.state(),
                    backend.text(),
                    backend.connected(),
                    Tid.NONE,
                    backend.recovery() == null ? null : SOME_PROGRESS))
            .toList();
    return status.with(Tid.NONE, backends);
  }
}
