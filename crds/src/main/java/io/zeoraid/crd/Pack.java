package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** When all backends are packed. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "self.schedule.split(' ').size() == 5"
            + " && self.schedule.split(' ')[0].split(',')"
            + ".all(i, i.matches('^([*]|[0-5]?[0-9](-[0-5]?[0-9])?)(/[1-9][0-9]?)?$'))"
            + " && self.schedule.split(' ')[1].split(',')"
            + ".all(i, i.matches('^([*]|([01]?[0-9]|2[0-3])(-([01]?[0-9]|2[0-3]))?)(/[1-9][0-9]?)?$'))"
            + " && self.schedule.split(' ')[2].split(',')"
            + ".all(i, i.matches('^([*]|(0?[1-9]|[12][0-9]|3[01])(-(0?[1-9]|[12][0-9]|3[01]))?)(/[1-9][0-9]?)?$'))"
            + " && self.schedule.split(' ')[3].split(',')"
            + ".all(i, i.matches('^([*]|(0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(-(0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC))?)(/[1-9][0-9]?)?$'))"
            + " && self.schedule.split(' ')[4].split(',')"
            + ".all(i, i.matches('^([*]|([0-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(-([0-7]|SUN|MON|TUE|WED|THU|FRI|SAT))?)(/[1-9][0-9]?)?$'))",
    message =
        "spec.pack.schedule must have five fields as in cron, with one space between them: minute (0-59), hour (0-23), day of the"
            + " month (1-31), month (1-12 or JAN-DEC), day of the week (0-7 or SUN-SAT); such as '30 3 * * SUN'",
    fieldPath = ".schedule")
@ValidationRule(
    value =
        "!has(self.timeZone) || (self.timeZone != 'Local'"
            + " && timestamp('2026-01-01T00:00:00Z').getHours(self.timeZone) >= 0)",
    message =
        "spec.pack.timeZone must be the name of a time zone of the IANA database, such as Europe/Berlin",
    fieldPath = ".timeZone")
public record Pack(
    @Required
        @Size(min = 9, max = 100) @JsonPropertyDescription(
            "When the backends are packed, one after another: five fields as in cron, for minute, hour, day of the month, month"
                + " and day of the week, such as 30 3 * * SUN. The first time is left out, so that a RAID is not packed before it"
                + " has existed for one period. A time at which the RAID is not optimal is made up for as soon as it is.")
        String schedule,
    @Size(min = 1, max = 64) @Pattern("^[A-Za-z][-+_/A-Za-z0-9]*$") @JsonPropertyDescription(
            "The time zone of the schedule, by its name in the IANA database, such as Europe/Berlin; by default UTC.")
        @Nullable String timeZone,
    @Min(1) @Max(36500) @JsonPropertyDescription(
            "So many days, before the time at which a pack is due, stay as they are: what was done in them can be undone. By"
                + " default 7.")
        @Nullable Integer keepDays,
    @JsonPropertyDescription(
            "No pack is begun while this is true; times that pass meanwhile are not made up for.")
        @Nullable Boolean suspend) {}
