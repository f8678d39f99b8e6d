package io.zeoraid.server.storage;

import io.zeoraid.raid.status.RaidStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The status that was told last, and who is told of the next. Confined to the event loop. */
final class StatusBoard {
  private final List<Consumer<RaidStatus>> watchers = new ArrayList<>();
  private RaidStatus status;

  StatusBoard(RaidStatus status) {
    this.status = status;
  }

  RaidStatus latest() {
    return status;
  }

  /** This is the status now, whether or not anybody is told. */
  void set(RaidStatus now) {
    status = now;
  }

  /** This is the status now, and all are told. */
  void changed(RaidStatus now) {
    status = now;
    List.copyOf(watchers).forEach(watcher -> watcher.accept(status));
  }

  /** Nothing is served any more, because of this. */
  void failed(Throwable defect) {
    changed(status.failed("a broken invariant halted the storage: " + defect));
  }

  /** Tells of the status: now, and at each change until the returned is run. */
  Runnable watch(Consumer<RaidStatus> watcher) {
    watchers.add(watcher);
    watcher.accept(status);
    return () -> watchers.remove(watcher);
  }
}
