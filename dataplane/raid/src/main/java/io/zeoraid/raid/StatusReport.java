package io.zeoraid.raid;

import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.raid.status.RecoveryProgress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says how things are. */
final class StatusReport {
  private final Raid raid;

  StatusReport(Raid raid) {
    this.raid = raid;
  }

  RaidStatus make() {
    if (!raid.membership.isKnown()) {
      return new RaidStatus(
          raid.settings.storage(),
          RaidState.FAILED,
          detail(),
          false,
          0,
          "",
          raid.settings.server(),
          raid.announcements.last(),
          unknownBackends(),
          raid.dataLossSuspected,
          raid.configured(),
          "",
          raid.isWaiting());
    }
    MembershipRecord record = raid.membership.record();
    List<BackendStatus> backends = new ArrayList<>();
    record.backends().forEach((name, state) -> backends.add(backend(name, state)));
    return new RaidStatus(
        raid.settings.storage(),
        state(record),
        detail(),
        isServing(record),
        record.epoch(),
        record.primary(),
        raid.settings.server(),
        raid.announcements.last(),
        List.copyOf(backends),
        raid.dataLossSuspected,
        raid.configured(),
        packing(),
        raid.isWaiting() && !raid.canCommit());
  }

  private List<BackendStatus> unknownBackends() {
    List<BackendStatus> backends = new ArrayList<>();
    for (BackendName name : raid.settings.backends()) {
      backends.add(
          new BackendStatus(
              name,
              "unknown",
              "unknown: there is no membership record yet",
              false,
              raid.links.shownBy(name),
              null));
    }
    return List.copyOf(backends);
  }

  private String detail() {
    String trouble = raid.membership.trouble();
    return trouble.isEmpty()
        ? raid.detail
        : raid.detail.isEmpty() ? trouble : raid.detail + "; " + trouble;
  }

  private boolean isServing(MembershipRecord record) {
    return !raid.halted
        && raid.canCommit()
        && record.inSync().stream().anyMatch(raid.links::isConnected);
  }

  private RaidState state(MembershipRecord record) {
    if (!isServing(record)) {
      return RaidState.FAILED;
    }
    boolean degraded = false;
    for (BackendState state : record.backends().values()) {
      switch (state) {
        case BackendState.Recovering recovering -> {
          return RaidState.RECOVERING;
        }
        case BackendState.Out out -> degraded = true;
        case BackendState.InSync inSync -> {}
      }
    }
    return degraded ? RaidState.DEGRADED : RaidState.OPTIMAL;
  }

  /** Known to the primary, who recovers. */
  private @Nullable RecoveryProgress progress(BackendName name) {
    Term term = raid.term();
    return term == null ? null : term.recover.progress(name);
  }

  private String trouble(BackendName name) {
    Term term = raid.term();
    return term == null ? "" : term.recover.trouble(name);
  }

  /** Known to the primary, who packs. */
  private String packing() {
    Term term = raid.term();
    return term == null ? "" : term.pack.progress();
  }

  private String packing(BackendName name) {
    Term term = raid.term();
    return term == null ? "" : term.pack.progress(name);
  }

  private BackendStatus backend(BackendName name, BackendState state) {
    RecoveryProgress progress = progress(name);
    String packing = packing(name);
    String text =
        switch (state) {
          case BackendState.InSync inSync -> packing.isEmpty() ? "optimal" : "optimal: " + packing;
          case BackendState.Recovering recovering ->
              progress == null
                  ? "recovering" + waitingBecause(name)
                  : "recovering: "
                      + progress.transactionsDone()
                      + " transactions, "
                      + progress.bytesDone()
                      + " bytes copied, about "
                      + progress.bytesToDo()
                      + " bytes to do";
          case BackendState.Out out -> out.word() + ": " + out.text() + lastAttempt(name, out);
        };
    return new BackendStatus(
        name,
        state.word(),
        text,
        raid.links.isConnected(name),
        raid.links.shownBy(name),
        progress,
        !packing.isEmpty());
  }

  /** Why it could not be brought back lately, unless that is what put it out. */
  private String lastAttempt(BackendName name, BackendState.Out out) {
    String trouble = trouble(name);
    return trouble.isEmpty() || out.text().contains(trouble)
        ? ""
        : "; the last attempt to recover it failed: " + trouble;
  }

  private String waitingBecause(BackendName name) {
    String trouble = trouble(name);
    return trouble.isEmpty() ? "" : ": trying again, for the last attempt failed: " + trouble;
  }
}
