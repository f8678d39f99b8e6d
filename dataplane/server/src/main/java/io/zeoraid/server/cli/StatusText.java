package io.zeoraid.server.cli;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.raid.status.RecoveryProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A status for people. */
final class StatusText {
  private static final List<String> HEADINGS =
      List.of("BACKEND", "STATE", "CONNECTED", "LAST TID", "SAYS");
  private static final String GAP = "  ";
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final int UNIT_STEP = 1024;

  private StatusText() {}

  /** The answer to {@code details}: the RAID, and a table of its backends. */
  static String full(RaidStatus raid) {
    var lines = new ArrayList<String>();
    lines.add(
        "storage " + raid.storage() + ": " + raid.state().word() + suffix(": ", raid.detail()));
    lines.add(
        "%s; %s; epoch %d; last tid %s"
            .formatted(
                raid.serving() ? "serving clients" : "not serving clients",
                primary(raid),
                raid.epoch(),
                tid(raid.lastTid())));
    lines.add("");
    var rows = new ArrayList<List<String>>();
    rows.add(HEADINGS);
    raid.backends().forEach(backend -> rows.add(row(backend)));
    lines.addAll(table(rows));
    return String.join(System.lineSeparator(), lines);
  }

  /** One line of {@code watch}, without the time. */
  static String line(RaidStatus raid) {
    return "%s%s | %s | %s; epoch %d; last tid %s%s"
        .formatted(
            raid.state().word(),
            raid.serving() ? "" : ", not serving",
            raid.backends().stream()
                .map(backend ->
                    backend.name() + " " + backend.state() + suffix(", ", progress(backend)))
                .collect(Collectors.joining("; ")),
            primary(raid),
            raid.epoch(),
            tid(raid.lastTid()),
            suffix(" | ", raid.detail()));
  }

  private static String primary(RaidStatus raid) {
    if (raid.primary().isEmpty()) {
      return "no primary";
    }
    return "primary "
        + raid.primary()
        + (raid.primary().equals(raid.server())
            ? " (the server asked)"
            : "; asked " + raid.server());
  }

  private static List<String> row(BackendStatus backend) {
    return List.of(
        backend.name().value(),
        backend.state(),
        backend.connected() ? "yes" : "no",
        tid(backend.lastTid()),
        backend.text() + suffix("; ", progress(backend)));
  }

  private static String progress(BackendStatus backend) {
    RecoveryProgress recovery = backend.recovery();
    if (recovery == null) {
      return "";
    }
    return "%s transactions and %s done, %s to do, %s/s"
        .formatted(
            number(recovery.transactionsDone()),
            bytes(recovery.bytesDone()),
            toDo(recovery),
            bytes(Math.round(recovery.bytesPerSecond())));
  }

  private static String toDo(RecoveryProgress recovery) {
    if (recovery.transactionsToDo() < 0 && recovery.bytesToDo() < 0) {
      return "an unknown number";
    }
    if (recovery.transactionsToDo() < 0) {
      return "about " + bytes(recovery.bytesToDo());
    }
    return "about "
        + number(recovery.transactionsToDo())
        + (recovery.bytesToDo() < 0 ? "" : " and " + bytes(recovery.bytesToDo()));
  }

  private static String tid(Tid tid) {
    return tid.equals(Tid.NONE) ? "none" : tid.toString();
  }

  private static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /**
   * A size with two or three digits that count: {@code 940 B}, {@code 1.5 KiB}, {@code 12.0 GiB}.
   */
  static String bytes(long bytes) {
    double size = bytes;
    int unit = 0;
    while (size >= UNIT_STEP && unit < UNITS.length - 1) {
      size /= UNIT_STEP;
      unit++;
    }
    return unit == 0
        ? bytes + " " + UNITS[0]
        : String.format(Locale.ROOT, "%.1f %s", size, UNITS[unit]);
  }

  private static String suffix(String separator, String text) {
    return text.isEmpty() ? "" : separator + text;
  }

  private static List<String> table(List<List<String>> rows) {
    int[] widths = new int[HEADINGS.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> padded(row, widths)).toList();
  }

  private static String padded(List<String> row, int[] widths) {
    var line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      line.append(row.get(i)).repeat(' ', widths[i] - row.get(i).length()).append(GAP);
    }
    return line.toString().stripTrailing();
  }
}
