package io.zeoraid.operator.plan;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.control.v1.BackendState;
import io.zeoraid.control.v1.RaidState;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.crd.ZeoRaidStatus;
import io.zeoraid.crd.ZeoRaidStatus.PackResult;
import io.zeoraid.crd.ZeoRaidStatus.PackState;
import io.zeoraid.crd.ZeoRaidStatus.PackStatus;
import io.zeoraid.operator.plan.PackSchedule.Heard;
import io.zeoraid.operator.plan.PackSchedule.Step;
import io.zeoraid.operator.status.Seen.Trouble;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Sundays at 3:30, of a RAID that was made on a Sunday at noon. */
final class PackScheduleTest {
  private static final Instant CREATED = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant FIRST = Instant.parse("2026-03-15T03:30:00Z");
  private static final Instant SECOND = Instant.parse("2026-03-22T03:30:00Z");
  private static final Heard NOTHING = new Heard.Nothing();
  private static final RaidStatus WELL =
      Said.raid(BackendState.BACKEND_STATE_IN_SYNC).toBuilder()
          .setState(RaidState.RAID_STATE_OPTIMAL)
          .setPrimary("one")
          .setServer("one")
          .build();

  private ZeoRaid wish = wish("schedule: 30 3 * * SUN");

  @Test
  void firstTimeIsLeftOut() {
    PackStatus told = rest(CREATED.plusSeconds(60));
    assertEquals(PackState.Waiting, told.state());
    assertEquals(FIRST.toString(), told.nextTime());
  }

  @Test
  void scheduleOfAnOldRaidBeginsWithTheNextTime() {
    assertEquals("2026-05-10T03:30:00Z", rest(Instant.parse("2026-05-05T00:00:00Z")).nextTime());
  }

  @Test
  void nothingIsToldWithoutASchedule() {
    wish = Serialization.unmarshal("metadata: {name: db}\nspec: {backends: []}", ZeoRaid.class);
    assertEquals(new Step.Rest(Optional.empty()), step(WELL, NOTHING, FIRST));
  }

  @Test
  void nothingButTimeChangesNothing() {
    known(rest(CREATED));
    assertEquals(wish.getStatus().pack(), rest(FIRST.minusSeconds(1)));
  }

  @Test
  void asksWhenItIsDueAndOnlyOnce() {
    known(rest(CREATED));
    Step.Ask ask = ask(FIRST);
    assertEquals(Instant.parse("2026-03-08T03:30:00Z"), ask.until());
    assertEquals(SECOND.toString(), ask.told().nextTime());
    known(ask.told());
    PackStatus told = rest(WELL, new Heard.Running(), FIRST.plusSeconds(5));
    assertEquals(PackState.Packing, told.state());
    told = rest(WELL, new Heard.Packed("packed all backends"), FIRST.plusSeconds(9));
    assertEquals(PackResult.Packed, told.lastResult());
    assertEquals("2026-03-15T03:30:09Z", told.lastTime());
    assertNull(told.dueTime());
    known(told);
    assertEquals(told, rest(FIRST.plusSeconds(600)));
    assertEquals(PackState.Waiting, told.state());
    ask(SECOND);
  }

  @Test
  void timesThatWereMissedAreMadeUpForByOnePack() {
    known(rest(CREATED));
    Instant back = Instant.parse("2026-04-07T10:00:00Z");
    Step.Ask ask = ask(back);
    assertEquals("2026-04-05T03:30:00Z", ask.told().dueTime());
    assertEquals(Instant.parse("2026-03-29T03:30:00Z"), ask.until());
    known(ask.told());
    known(rest(WELL, new Heard.Packed("done"), back.plusSeconds(5)));
    assertEquals("2026-04-12T03:30:00Z", rest(back.plusSeconds(10)).nextTime());
  }

  @Test
  void isPostponedWhileSomethingIsInItsWay() {
    known(rest(CREATED));
    RaidStatus degraded = WELL.toBuilder().setState(RaidState.RAID_STATE_DEGRADED).build();
    RaidStatus recovering = WELL.toBuilder().setState(RaidState.RAID_STATE_RECOVERING).build();
    RaidStatus packing = WELL.toBuilder().setPacking("packing backend a, 1 of 2").build();
    RaidStatus secondary = WELL.toBuilder().setServer("two").build();
    RaidStatus lost = WELL.toBuilder().setDataLossSuspected(true).build();
    for (RaidStatus raid : List.of(degraded, recovering, packing, secondary, lost)) {
      PackStatus told = rest(raid, NOTHING, FIRST);
      assertEquals(PackState.Postponed, told.state(), raid.toString());
      assertEquals(FIRST.toString(), told.nextTime());
      known(told);
      assertEquals(told, rest(raid, NOTHING, FIRST.plusSeconds(60)));
    }
    String said = requireNonNull(rest(degraded, NOTHING, FIRST).message());
    assertTrue(said.contains("degraded") && said.contains(FIRST.toString()), said);
    Step silent = PackSchedule.of(wish, Optional.empty(), Optional.empty(), NOTHING, SECOND);
    assertEquals(PackState.Postponed, told(silent).state());
    Optional<Trouble> rolling = Optional.of(new Trouble("RollingBackends", "a"));
    Step busy = PackSchedule.of(wish, Optional.of(WELL), rolling, NOTHING, SECOND);
    assertTrue(String.valueOf(told(busy).message()).contains("RollingBackends"));
    ask(SECOND.plusSeconds(1));
  }

  @Test
  void isPostponedWhilePausedOrHibernated() {
    for (String word : List.of("paused", "hibernated")) {
      wish = wish("schedule: 30 3 * * SUN", word + ": false");
      known(rest(CREATED));
      PackStatus before = wish.getStatus().pack();
      wish = wish("schedule: 30 3 * * SUN", word + ": true");
      known(requireNonNull(before));
      assertEquals(PackState.Postponed, rest(FIRST).state());
    }
  }

  @Test
  void whatPassesWhileSuspendedIsNotMadeUpFor() {
    known(rest(CREATED));
    PackStatus before = requireNonNull(wish.getStatus().pack());
    wish = wish("schedule: 30 3 * * SUN, suspend: true");
    known(before);
    known(rest(SECOND));
    assertEquals(PackState.Suspended, requireNonNull(wish.getStatus().pack()).state());
    PackStatus suspended = requireNonNull(wish.getStatus().pack());
    wish = wish("schedule: 30 3 * * SUN");
    known(suspended);
    assertEquals("2026-03-29T03:30:00Z", rest(SECOND.plusSeconds(60)).nextTime());
  }

  @Test
  void anotherScheduleCountsFromNow() {
    known(rest(CREATED));
    PackStatus before = requireNonNull(wish.getStatus().pack());
    wish = wish("schedule: 30 3 * * *, timeZone: Europe/Berlin");
    known(before);
    assertEquals("2026-03-16T02:30:00Z", rest(FIRST.plusSeconds(1)).nextTime());
  }

  @Test
  void refusalIsTold() {
    known(rest(CREATED));
    PackStatus told = PackSchedule.refused(ask(FIRST), "no", FIRST);
    assertEquals(PackResult.Failed, told.lastResult());
    assertEquals("no", told.lastOutcome());
    known(told);
    assertEquals(SECOND.toString(), rest(FIRST.plusSeconds(1)).nextTime());
  }

  @Test
  void ofWhichNobodyKnowsIsAskedForOnceMoreToTheSameTime() {
    known(rest(CREATED));
    Step.Ask first = ask(FIRST);
    known(first.told());
    RaidStatus packing = WELL.toBuilder().setPacking("packing backend a, 1 of 2").build();
    PackStatus told = rest(packing, NOTHING, FIRST.plusSeconds(60));
    assertEquals(PackState.Packing, told.state());
    assertEquals("packing backend a, 1 of 2", told.message());
    known(told);
    RaidStatus degraded = WELL.toBuilder().setState(RaidState.RAID_STATE_DEGRADED).build();
    assertEquals(PackState.Packing, rest(degraded, NOTHING, FIRST.plusSeconds(70)).state());
    Step.Ask again = ask(SECOND.minusSeconds(1));
    assertEquals(first.until(), again.until());
    known(again.told());
    told = rest(WELL, new Heard.Lost("the connection broke"), SECOND.minusSeconds(1));
    assertEquals(PackResult.Failed, told.lastResult());
    assertTrue(String.valueOf(told.lastOutcome()).contains("the connection broke"));
  }

  @Test
  void whatNeverComesOrHasNoSenseIsForAPerson() {
    for (String schedule : List.of("0 3 30 2 *", "0 5-3 * * *")) {
      wish = wish("schedule: " + schedule);
      Step.Refuse refuse = assertInstanceOf(Step.Refuse.class, step(WELL, NOTHING, FIRST));
      assertTrue(refuse.why().startsWith("spec.pack can't be followed: "), refuse.why());
      assertEquals(PackState.Invalid, refuse.told().state());
    }
  }

  @Test
  void timeThatAChangeOfTheClocksLeavesOutIsLeftOut() {
    wish = wish("schedule: 30 2 * * *, timeZone: Europe/Berlin");
    assertEquals("2026-03-30T00:30:00Z", rest(Instant.parse("2026-03-28T12:00:00Z")).nextTime());
    // In the night of October 25 it is 2:30 twice.
    known(rest(Instant.parse("2026-10-24T12:00:00Z")));
    Step.Ask ask = ask(Instant.parse("2026-10-25T00:30:00Z"));
    assertEquals("2026-10-26T01:30:00Z", ask.told().nextTime());
  }

  @Test
  void dayOfTheMonthOrOfTheWeekAsInCron() {
    wish = wish("schedule: 0 3 3 * MON");
    assertEquals("2026-05-03T03:00:00Z", rest(Instant.parse("2026-04-27T03:00:00Z")).nextTime());
    assertEquals("2026-05-04T03:00:00Z", rest(Instant.parse("2026-05-03T03:00:00Z")).nextTime());
  }

  private void known(PackStatus pack) {
    wish.setStatus(
        new ZeoRaidStatus(1L, null, null, null, null, null, null, List.of(), pack, List.of()));
  }

  private Step step(RaidStatus raid, Heard heard, Instant now) {
    return PackSchedule.of(wish, Optional.of(raid), Optional.empty(), heard, now);
  }

  private Step.Ask ask(Instant now) {
    return assertInstanceOf(Step.Ask.class, step(WELL, NOTHING, now));
  }

  private PackStatus rest(Instant now) {
    return rest(WELL, NOTHING, now);
  }

  private PackStatus rest(RaidStatus raid, Heard heard, Instant now) {
    return told(step(raid, heard, now));
  }

  private static PackStatus told(Step step) {
    return assertInstanceOf(Step.Rest.class, step).told().orElseThrow();
  }

  private static ZeoRaid wish(String pack, String... more) {
    return Serialization.unmarshal(
        "metadata: {name: db, creationTimestamp: '%s'}\nspec:\n  backends: [{name: a}, {name: b}]\n  pack: {%s}\n  %s"
            .formatted(CREATED, pack, String.join("\n  ", more)),
        ZeoRaid.class);
  }
}
