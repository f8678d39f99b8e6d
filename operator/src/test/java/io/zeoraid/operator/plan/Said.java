package io.zeoraid.operator.plan;

import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.BackendStatus;
import io.zeoraid.control.v1.RaidState;
import io.zeoraid.control.v1.RaidStatus;

/** What servers may say, for tests. */
final class Said {
  private Said() {}

  /** A RAID that serves, of a, which is in sync, and b. */
  static RaidStatus raid(BackendState b) {
    return RaidStatus.newBuilder()
        .setState(RaidState.RAID_STATE_DEGRADED)
        .setServing(true)
        .setEpoch(7)
        .addBackends(backend("a", BackendState.BACKEND_STATE_IN_SYNC))
        .addBackends(backend("b", b))
        .build();
  }

  /** One that the server is connected to. */
  static BackendStatus backend(String name, BackendState state) {
    return BackendStatus.newBuilder().setName(name).setState(state).setConnected(true).build();
  }
}
