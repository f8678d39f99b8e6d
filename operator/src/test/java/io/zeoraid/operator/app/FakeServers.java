package io.zeoraid.operator.app;

import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.BackendStatus;
import io.zeoraid.control.v1.RaidState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.operator.plan.PackSchedule.Heard;
import io.zeoraid.operator.servers.Address;
import io.zeoraid.operator.servers.Outcome;
import io.zeoraid.operator.servers.PackCall;
import io.zeoraid.operator.servers.RaidServers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Servers in memory: say what they are told to, and remember what they were asked. */
final class FakeServers implements RaidServers {
  private final List<String> asked = new ArrayList<>();
  private RaidStatus status = status(BackendState.BACKEND_STATE_IN_SYNC);
  private boolean unavailable;
  private Heard pack = new Heard.Running();
  private boolean withoutCertificate;

  /** A RAID of a, which is in sync, and b. */
  static RaidStatus status(BackendState b) {
    return RaidStatus.newBuilder()
        .setState(
            b == BackendState.BACKEND_STATE_IN_SYNC
                ? RaidState.RAID_STATE_OPTIMAL
                : RaidState.RAID_STATE_DEGRADED)
        .setServing(true)
        .setEpoch(7)
        .setPrimary("one")
        .setServer("one")
        .addBackends(
            BackendStatus.newBuilder()
                .setName("a")
                .setConnected(true)
                .setState(BackendState.BACKEND_STATE_IN_SYNC))
        .addBackends(BackendStatus.newBuilder().setName("b").setConnected(true).setState(b))
        .build();
  }

  /** A RAID of b, which is in sync, and a, which is being rebuilt from it. */
  static RaidStatus aIsRebuilt() {
    RaidStatus well = status(BackendState.BACKEND_STATE_IN_SYNC);
    return well.toBuilder()
        .setState(RaidState.RAID_STATE_RECOVERING)
        .setBackends(
            0, well.getBackends(0).toBuilder().setState(BackendState.BACKEND_STATE_RECOVERING))
        .build();
  }

  synchronized void say(RaidStatus now) {
    status = now;
  }

  /** The operator has no certificate for control services, or has one again. */
  synchronized void lackCertificate(boolean lacks) {
    withoutCertificate = lacks;
  }

  synchronized void grantNothing(boolean nothing) {
    unavailable = nothing;
  }

  synchronized List<String> asked() {
    return List.copyOf(asked);
  }

  @Override
  public synchronized Map<Address, RaidStatus> status(List<Address> servers) {
    Map<Address, RaidStatus> said = new HashMap<>();
    servers.forEach(server -> said.put(server, status));
    return said;
  }

  @Override
  public synchronized Outcome recover(Address server, String backend) {
    asked.add("recover " + backend);
    return unavailable ? new Outcome.Unknown("there is no primary") : new Outcome.Granted("begun");
  }

  @Override
  public synchronized Outcome reload(Address server) {
    asked.add("reload");
    return new Outcome.Granted("done");
  }

  /** What is told from now on of each pack that was asked for. */
  synchronized void pack(Heard now) {
    pack = now;
  }

  @Override
  public synchronized PackCall pack(Address server, Instant until) {
    asked.add("pack " + until);
    return new PackCall() {
      @Override
      public Address server() {
        return server;
      }

      @Override
      public Heard heard() {
        synchronized (FakeServers.this) {
          return pack;
        }
      }

      @Override
      public void leave() {}
    };
  }

  @Override
  public synchronized Optional<String> tlsTrouble() {
    return withoutCertificate ? Optional.of("it has no certificate") : Optional.empty();
  }

  @Override
  public void close() {}
}
