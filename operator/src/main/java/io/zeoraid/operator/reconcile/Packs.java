package io.zeoraid.operator.reconcile;

import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidStatus.PackStatus;
import io.zeoraid.operator.plan.PackSchedule;
import io.zeoraid.operator.plan.PackSchedule.Heard;
import io.zeoraid.operator.plan.PackSchedule.Step;
import io.zeoraid.operator.servers.Address;
import io.zeoraid.operator.servers.PackCall;
import io.zeoraid.operator.servers.RaidServers;
import io.zeoraid.operator.status.Seen.Trouble;
import io.zeoraid.operator.status.Views;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Asks for packs, and listens to them from round to round; {@link PackSchedule} decides. A pack
 * that is no longer listened to, for the operator was started anew, is asked for once more.
 */
final class Packs {
  private static final Logger LOG = Logger.getLogger(Packs.class);

  /**
   * How far it is.
   *
   * @param status what the status is to say
   * @param trouble what is wrong with the schedule
   */
  record Result(Optional<PackStatus> status, Optional<Trouble> trouble) {}

  private final RaidServers servers;
  private final Map<String, PackCall> calls = new ConcurrentHashMap<>();

  Packs(RaidServers servers) {
    this.servers = servers;
  }

  /**
   * Asks for a pack if one is due. Waits for the primary's first word only.
   *
   * @param views what each server says
   * @param raid the best of them
   * @param pending what of the spec is not carried out yet
   */
  Result round(
      ZeoRaid wish,
      Map<Address, RaidStatus> views,
      Optional<RaidStatus> raid,
      Optional<Trouble> pending,
      Instant now) {
    Step step = PackSchedule.of(wish, raid, pending, heard(wish, views), now);
    return switch (step) {
      case Step.Rest rest -> new Result(rest.told(), Optional.empty());
      case Step.Refuse refuse ->
          new Result(
              Optional.of(refuse.told()),
              Optional.of(new Trouble("PackScheduleInvalid", refuse.why())));
      case Step.Ask ask -> new Result(Optional.of(ask(wish, views, ask, now)), Optional.empty());
    };
  }

  /** A server that answers nothing else does not tell of its pack either. */
  private Heard heard(ZeoRaid wish, Map<Address, RaidStatus> views) {
    String uid = wish.getMetadata().getUid();
    PackCall call = calls.get(uid);
    if (call == null) {
      return new Heard.Nothing();
    }
    if (!PackSchedule.isPacking(wish)) {
      forget(uid); // its end is written
      return new Heard.Nothing();
    }
    Heard heard = call.heard();
    if (heard instanceof Heard.Running && !views.containsKey(call.server())) {
      forget(uid);
      return new Heard.Lost("the server that was asked does not answer any more");
    }
    return heard;
  }

  private PackStatus ask(ZeoRaid wish, Map<Address, RaidStatus> views, Step.Ask ask, Instant now) {
    String uid = wish.getMetadata().getUid();
    forget(uid);
    Optional<Address> primary =
        views.entrySet().stream()
            .filter(view -> Views.isPrimary(view.getValue()))
            .filter(view -> view.getValue().getServing())
            .map(Map.Entry::getKey)
            .findFirst();
    if (primary.isEmpty()) {
      return ask.told();
    }
    PackCall call = servers.pack(primary.get(), ask.until());
    Heard heard = call.heard();
    LOG.infof("asked %s: pack to %s; %s", primary.get().host(), ask.until(), heard);
    return switch (heard) {
      case Heard.Failed failed -> PackSchedule.refused(ask, failed.why(), now);
      case Heard.Nothing nothing -> ask.told();
      case Heard.Lost lost -> listen(uid, call, ask);
      case Heard.Running running -> listen(uid, call, ask);
      case Heard.Packed packed -> listen(uid, call, ask);
    };
  }

  private PackStatus listen(String uid, PackCall call, Step.Ask ask) {
    calls.put(uid, call);
    return ask.told();
  }

  /** A ZeoRaid that is gone, or whose pack has ended. */
  void forget(String uid) {
    PackCall call = calls.remove(uid);
    if (call != null) {
      call.leave();
    }
  }
}
