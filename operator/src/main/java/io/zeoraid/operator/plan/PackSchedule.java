package io.zeoraid.operator.plan;

import io.zeoraid.control.v1.RaidState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.Pack;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidStatus.PackResult;
import io.zeoraid.crd.ZeoRaidStatus.PackState;
import io.zeoraid.crd.ZeoRaidStatus.PackStatus;
import io.zeoraid.operator.status.Seen.Trouble;
import io.zeoraid.operator.status.Views;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says when all backends are to be packed ({@code docs/adr/0027}). What it has to remember is in
 * the status: the next time, and the pack that is under way. Each time is packed for at most once,
 * but once more if nobody knows what came of it, to the same time, which costs the backends little
 * if it was done; and times that were missed are made up for by one pack.
 */
public final class PackSchedule {
  private static final int KEEP_DAYS = 7;

  /** A pack that brings the primary down is not to be asked for again and again. */
  private static final int MOST_ASKED = 2;

  private PackSchedule() {}

  /** What this operator has heard of the pack that it asked for. */
  public sealed interface Heard {
    /** It has asked for none, or was started anew since. */
    record Nothing() implements Heard {}

    /** The primary has not answered yet, or is at it. */
    record Running() implements Heard {}

    /** It was done, in the primary's words. */
    record Packed(String message) implements Heard {}

    /** It was refused, or did not come to its end. */
    record Failed(String why) implements Heard {}

    /** The primary has gone silent: nobody knows. */
    record Lost(String why) implements Heard {}
  }

  /** What to do. */
  public sealed interface Step {
    /**
     * Nothing.
     *
     * @param told what the status is to say; empty without a schedule
     */
    record Rest(Optional<PackStatus> told) implements Step {}

    /**
     * The primary is to be asked.
     *
     * @param until what was superseded before this time may go
     * @param told what the status is to say if it did not refuse
     */
    record Ask(Instant until, PackStatus told) implements Step {}

    /**
     * A person has to see to the schedule.
     *
     * @param why for people
     * @param told what the status is to say
     */
    record Refuse(String why, PackStatus told) implements Step {}
  }

  /**
   * Decides.
   *
   * @param wish the ZeoRaid, with the status written last
   * @param raid what the servers say; empty if none could be asked
   * @param pending what of the spec is not carried out yet
   */
  public static Step of(
      ZeoRaid wish,
      Optional<RaidStatus> raid,
      Optional<Trouble> pending,
      Heard heard,
      Instant now) {
    Pack pack = wish.getSpec().pack();
    if (pack == null) {
      return new Step.Rest(Optional.empty());
    }
    PackStatus before = wish.getStatus() == null ? null : wish.getStatus().pack();
    Optional<String> obstacle = obstacle(wish, raid, pending);
    if (before != null && isPacking(before)) {
      return underway(pack, before, raid, obstacle, heard, now);
    }
    try {
      return due(wish, pack, before, obstacle, now);
    } catch (IllegalArgumentException e) {
      String why = "spec.pack can't be followed: " + e.getMessage();
      Told told = new Told(before);
      told.nextTime = null;
      return new Step.Refuse(why, told.be(PackState.Invalid, why).made());
    }
  }

  /** Whether a pack was asked for, of whose end the status does not tell. */
  public static boolean isPacking(ZeoRaid wish) {
    return wish.getStatus() != null && isPacking(wish.getStatus().pack());
  }

  private static boolean isPacking(@Nullable PackStatus status) {
    return status != null && status.state() == PackState.Packing;
  }

  private static Step due(
      ZeoRaid wish,
      Pack pack,
      @Nullable PackStatus before,
      Optional<String> obstacle,
      Instant now) {
    Cron cron = Cron.of(pack);
    Told told = new Told(before);
    String schedule = pack.schedule() + " " + (pack.timeZone() == null ? "UTC" : pack.timeZone());
    Optional<Instant> known = told.next(schedule);
    told.schedule = schedule;
    if (Boolean.TRUE.equals(pack.suspend())) {
      cron.next(now); // there must be one
      told.nextTime = null;
      return new Step.Rest(
          Optional.of(told.be(PackState.Suspended, "spec.pack.suspend is true").made()));
    }
    Instant next = known.isPresent() ? known.get() : first(cron, created(wish, now), now);
    told.nextTime = next.toString();
    if (now.isBefore(next)) {
      return new Step.Rest(Optional.of(told.be(PackState.Waiting, null).made()));
    }
    if (obstacle.isPresent()) {
      String why = "due since " + next + ", but " + obstacle.get();
      return new Step.Rest(Optional.of(told.be(PackState.Postponed, why).made()));
    }
    Instant due = cron.last(now, next);
    told.nextTime = cron.next(now).toString();
    told.dueTime = due.toString();
    told.asked = 1;
    return new Step.Ask(until(pack, due), told.be(PackState.Packing, null).made());
  }

  /** Not the first time of all: by then there is nothing to pack. */
  private static Instant first(Cron cron, Instant created, Instant now) {
    Instant second = cron.next(cron.next(created));
    return second.isAfter(now) ? second : cron.next(now);
  }

  private static Instant created(ZeoRaid wish, Instant now) {
    String created = wish.getMetadata().getCreationTimestamp();
    return created == null ? now : Instant.parse(created);
  }

  private static Instant until(Pack pack, Instant due) {
    Integer days = pack.keepDays();
    return due.minus(Duration.ofDays(days == null ? KEEP_DAYS : days));
  }

  private static Step underway(
      Pack pack,
      PackStatus before,
      Optional<RaidStatus> raid,
      Optional<String> obstacle,
      Heard heard,
      Instant now) {
    Told told = new Told(before);
    String progress = raid.map(RaidStatus::getPacking).orElse("");
    return switch (heard) {
      case Heard.Packed packed ->
          new Step.Rest(Optional.of(told.end(PackResult.Packed, packed.message(), now)));
      case Heard.Failed failed ->
          new Step.Rest(Optional.of(told.end(PackResult.Failed, failed.why(), now)));
      case Heard.Running running -> goesOn(told, progress.isEmpty() ? before.message() : progress);
      case Heard.Lost lost when progress.isEmpty() ->
          unknown(pack, told, lost.why(), obstacle, now);
      case Heard.Nothing nothing when progress.isEmpty() ->
          unknown(pack, told, "the operator was started anew meanwhile", obstacle, now);
      case Heard.Lost lost -> goesOn(told, progress);
      case Heard.Nothing nothing -> goesOn(told, progress);
    };
  }

  private static Step goesOn(Told told, @Nullable String message) {
    return new Step.Rest(Optional.of(told.be(PackState.Packing, message).made()));
  }

  private static Step unknown(
      Pack pack, Told told, String why, Optional<String> obstacle, Instant now) {
    if (told.asked >= MOST_ASKED || told.dueTime == null) {
      String outcome =
          "nobody knows what came of it, though it was asked for twice: "
              + why
              + ". See the logs of the servers, and then pack by hand (zeoraid pack), or wait for the next time";
      return new Step.Rest(Optional.of(told.end(PackResult.Failed, outcome, now)));
    }
    if (obstacle.isPresent()) {
      return goesOn(
          told,
          "nobody knows what came of it; it is asked for once more, but now " + obstacle.get());
    }
    told.asked++;
    Instant due = Instant.parse(told.dueTime);
    return new Step.Ask(
        until(pack, due),
        told.be(PackState.Packing, "asked for once more, for nobody knows what came of it").made());
  }

  /** What the status is to say if the primary refused at once. */
  public static PackStatus refused(Step.Ask asked, String why, Instant now) {
    return new Told(asked.told()).end(PackResult.Failed, why, now);
  }

  /** What keeps a pack from being asked for now; for people. */
  private static Optional<String> obstacle(
      ZeoRaid wish, Optional<RaidStatus> raid, Optional<Trouble> pending) {
    if (Boolean.TRUE.equals(wish.getSpec().paused())) {
      return Optional.of("spec.paused is true");
    }
    if (Boolean.TRUE.equals(wish.getSpec().hibernated())) {
      return Optional.of("spec.hibernated is true");
    }
    if (raid.isEmpty() || !Views.isPrimary(raid.get())) {
      return Optional.of("the primary can't be asked");
    }
    RaidStatus said = raid.get();
    if (said.getState() != RaidState.RAID_STATE_OPTIMAL || !Rolling.isServed(said)) {
      return Optional.of("the RAID is " + word(said.getState()) + ", and has to be optimal");
    }
    if (!said.getPacking().isEmpty()) {
      return Optional.of("another pack is under way");
    }
    return pending.map(it -> "what runs is not yet as the spec says (" + it.reason() + ")");
  }

  private static String word(RaidState state) {
    return state.name().replace("RAID_STATE_", "").toLowerCase(Locale.ROOT);
  }

  /** The status in the making: all stays as it was but what is set. */
  private static final class Told {
    private PackState state = PackState.Waiting;
    private @Nullable String message;
    private @Nullable String schedule;
    private @Nullable String nextTime;
    private @Nullable String dueTime;
    private int asked;
    private @Nullable String lastTime;
    private @Nullable PackResult lastResult;
    private @Nullable String lastOutcome;

    Told(@Nullable PackStatus before) {
      if (before != null) {
        schedule = before.schedule();
        nextTime = before.nextTime();
        dueTime = before.dueTime();
        asked = before.asked() == null ? 0 : before.asked();
        lastTime = before.lastTime();
        lastResult = before.lastResult();
        lastOutcome = before.lastOutcome();
      }
    }

    /** The next time, if it was taken from this schedule. */
    Optional<Instant> next(String from) {
      return from.equals(schedule)
          ? Optional.ofNullable(nextTime).map(Instant::parse)
          : Optional.empty();
    }

    Told be(PackState now, @Nullable String why) {
      state = now;
      message = why;
      return this;
    }

    PackStatus end(PackResult result, String outcome, Instant now) {
      dueTime = null;
      asked = 0;
      lastTime = now.truncatedTo(ChronoUnit.SECONDS).toString();
      lastResult = result;
      lastOutcome = outcome;
      return be(PackState.Waiting, null).made();
    }

    PackStatus made() {
      return new PackStatus(
          state,
          message,
          schedule,
          nextTime,
          dueTime,
          asked == 0 ? null : asked,
          lastTime,
          lastResult,
          lastOutcome);
    }
  }
}
