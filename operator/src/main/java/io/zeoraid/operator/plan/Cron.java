package io.zeoraid.operator.plan;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.zeoraid.crd.Pack;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * The times that a schedule means, to the minute. A time that a change of the clocks leaves out is
 * left out; one that comes twice is meant once, unless the schedule names each hour.
 */
final class Cron {
  private static final CronParser PARSER =
      new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

  private final ExecutionTime times;
  private final ZoneId zone;

  private Cron(ExecutionTime times, ZoneId zone) {
    this.times = times;
    this.zone = zone;
  }

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if it can't be followed, with a sentence for people
   */
  static Cron of(Pack pack) {
    ZoneId zone;
    try {
      zone = pack.timeZone() == null ? ZoneOffset.UTC : ZoneId.of(pack.timeZone());
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "the time zone " + pack.timeZone() + " is not known: " + e.getMessage(), e);
    }
    // Which names of days and months there are, the API server has seen to.
    String schedule = pack.schedule().toUpperCase(Locale.ROOT);
    try {
      return new Cron(ExecutionTime.forCron(PARSER.parse(schedule)), zone);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the schedule " + pack.schedule() + " has no sense: " + e.getMessage(), e);
    }
  }

  /**
   * The first time after this one.
   *
   * @throws IllegalArgumentException if there is none, such as on the 30th of February
   */
  Instant next(Instant after) {
    return times
        .nextExecution(after.atZone(zone))
        .orElseThrow(() -> new IllegalArgumentException("there is no time that it means"))
        .toInstant();
  }

  /** The last time that is not later than now, nor earlier than another such time. */
  Instant last(Instant now, Instant earliest) {
    // The library says what is before a time, to the second.
    return times
        .lastExecution(now.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1).atZone(zone))
        .map(time -> time.toInstant())
        .filter(time -> time.isAfter(earliest) && !time.isAfter(now))
        .orElse(earliest);
  }
}
