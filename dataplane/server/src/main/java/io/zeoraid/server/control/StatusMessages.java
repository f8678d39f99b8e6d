package io.zeoraid.server.control;

import io.zeoraid.control.v1.BackendState;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.raid.status.RecoveryProgress;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The status records as messages of {@code raid.proto}, and back. */
public final class StatusMessages {
  private static final String STATE_PREFIX = "BACKEND_STATE_";

  private StatusMessages() {}

  /** The message that says the same. */
  public static io.zeoraid.control.v1.RaidStatus toMessage(RaidStatus status) {
    var message =
        io.zeoraid.control.v1.RaidStatus.newBuilder()
            .setStorage(status.storage())
            .setState(toMessage(status.state()))
            .setDetail(status.detail())
            .setServing(status.serving())
            .setEpoch(status.epoch())
            .setPrimary(status.primary())
            .setServer(status.server())
            .setLastTid(status.lastTid().value())
            .setDataLossSuspected(status.dataLossSuspected())
            .setPacking(status.packing())
            .setWaiting(status.waiting());
    status.configured().forEach(name -> message.addConfigured(name.value()));
    for (BackendStatus backend : status.backends()) {
      message.addBackends(toMessage(backend));
    }
    return message.build();
  }

  private static io.zeoraid.control.v1.BackendStatus toMessage(BackendStatus backend) {
    var message =
        io.zeoraid.control.v1.BackendStatus.newBuilder()
            .setName(backend.name().value())
            .setState(backendState(backend.state()))
            .setText(backend.text())
            .setConnected(backend.connected())
            .setLastTid(backend.lastTid().value());
    RecoveryProgress recovery = backend.recovery();
    if (recovery != null) {
      message.setRecovery(
          io.zeoraid.control.v1.RecoveryProgress.newBuilder()
              .setTransactionsDone(recovery.transactionsDone())
              .setBytesDone(recovery.bytesDone())
              .setTransactionsToDo(recovery.transactionsToDo())
              .setBytesToDo(recovery.bytesToDo())
              .setBytesPerSecond(recovery.bytesPerSecond())
              .setAtTid(recovery.at().value())
              .setGoalTid(recovery.goal().value()));
    }
    return message.build();
  }

  /**
   * The record that says the same.
   *
   * @throws UnknownStateException if the RAID is in a state that this version doesn't know
   */
  public static RaidStatus fromMessage(io.zeoraid.control.v1.RaidStatus message) {
    return new RaidStatus(
        message.getStorage(),
        fromMessage(message.getState()),
        message.getDetail(),
        message.getServing(),
        message.getEpoch(),
        message.getPrimary(),
        message.getServer(),
        new Tid(message.getLastTid()),
        message.getBackendsList().stream().map(StatusMessages::fromMessage).toList(),
        message.getDataLossSuspected(),
        message.getConfiguredList().stream()
            .map(BackendName::new)
            .collect(Collectors.toCollection(TreeSet::new)),
        message.getPacking(),
        message.getWaiting());
  }

  private static BackendStatus fromMessage(io.zeoraid.control.v1.BackendStatus message) {
    return new BackendStatus(
        new BackendName(message.getName()),
        word(message.getState()),
        message.getText(),
        message.getConnected(),
        new Tid(message.getLastTid()),
        message.hasRecovery() ? fromMessage(message.getRecovery()) : null);
  }

  private static RecoveryProgress fromMessage(io.zeoraid.control.v1.RecoveryProgress message) {
    return new RecoveryProgress(
        message.getTransactionsDone(),
        message.getBytesDone(),
        message.getTransactionsToDo(),
        message.getBytesToDo(),
        message.getBytesPerSecond(),
        new Tid(message.getAtTid()),
        new Tid(message.getGoalTid()));
  }

  private static io.zeoraid.control.v1.RaidState toMessage(RaidState state) {
    return switch (state) {
      case OPTIMAL -> io.zeoraid.control.v1.RaidState.RAID_STATE_OPTIMAL;
      case DEGRADED -> io.zeoraid.control.v1.RaidState.RAID_STATE_DEGRADED;
      case RECOVERING -> io.zeoraid.control.v1.RaidState.RAID_STATE_RECOVERING;
      case FAILED -> io.zeoraid.control.v1.RaidState.RAID_STATE_FAILED;
    };
  }

  private static RaidState fromMessage(io.zeoraid.control.v1.RaidState state) {
    return switch (state) {
      case RAID_STATE_OPTIMAL -> RaidState.OPTIMAL;
      case RAID_STATE_DEGRADED -> RaidState.DEGRADED;
      case RAID_STATE_RECOVERING -> RaidState.RECOVERING;
      case RAID_STATE_FAILED -> RaidState.FAILED;
      case RAID_STATE_UNSPECIFIED, UNRECOGNIZED -> throw new UnknownStateException();
    };
  }

  /**
   * The constant for {@code in-sync}, {@code missing} …; the unspecified one for a word that has
   * none.
   */
  private static BackendState backendState(String word) {
    String name = STATE_PREFIX + word.toUpperCase(Locale.ROOT).replace('-', '_');
    for (BackendState state : BackendState.values()) {
      if (state.name().equals(name)) {
        return state;
      }
    }
    return BackendState.BACKEND_STATE_UNSPECIFIED;
  }

  private static String word(BackendState state) {
    return switch (state) {
      case BACKEND_STATE_UNSPECIFIED, UNRECOGNIZED -> "unknown";
      case BACKEND_STATE_IN_SYNC,
          BACKEND_STATE_RECOVERING,
          BACKEND_STATE_FAILED,
          BACKEND_STATE_MISSING,
          BACKEND_STATE_DIVERGED,
          BACKEND_STATE_DISABLED ->
          state.name().substring(STATE_PREFIX.length()).toLowerCase(Locale.ROOT).replace('_', '-');
    };
  }

  /** The RAID is in a state that this version of the program has no word for. */
  public static final class UnknownStateException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnknownStateException() {
      super(
          "the server reports a state that this version of zeoraid does not know;"
              + " use the version of the server.");
    }
  }
}
