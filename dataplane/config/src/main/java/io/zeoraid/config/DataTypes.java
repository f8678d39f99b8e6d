package io.zeoraid.config;

import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The data types of {@code ZConfig/datatypes.py}, with ranges. Addresses are in {@link
 * AddressType}.
 */
final class DataTypes {

  private static final Pattern WHOLE_NUMBER = Pattern.compile("[+-]?[0-9]+(?:_[0-9]+)*");
  private static final Pattern SECONDS =
      Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{0,9})?|\\.[0-9]{1,9})\\s*([smhdw]?)");
  private static final Pattern SIZE = Pattern.compile("\\+?([0-9]+(?:_[0-9]+)*)\\s*(kb|mb|gb)?");
  private static final int MAX_DIGITS = 15;
  private static final long KB = 1024;

  private DataTypes() {}

  /** {@code boolean}. */
  static DataType<Boolean> yesOrNo() {
    return new DataType<>(
        "yes or no (also true/false, on/off)",
        (text, _) ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "yes", "true", "on" -> Conversion.of(true);
              case "no", "false", "off" -> Conversion.of(false);
              default -> Conversion.unsuitable();
            });
  }

  /** {@code integer}. */
  static DataType<Integer> wholeNumber(int min, int max) {
    return new DataType<>(
        "a whole number between " + min + " and " + max,
        (text, _) -> {
          if (!WHOLE_NUMBER.matcher(text).matches() || text.length() > MAX_DIGITS) {
            return Conversion.unsuitable();
          }
          long number = Long.parseLong(text.replace("_", ""));
          return number < min || number > max
              ? Conversion.unsuitable()
              : Conversion.of(Math.toIntExact(number));
        });
  }

  /** {@code byte-size}: a number of bytes, or with KB, MB or GB, which are powers of 1024. */
  static DataType<Long> byteSize(long min, long max) {
    return new DataType<>(
        "a size between "
            + shownSize(min)
            + " and "
            + shownSize(max)
            + ", in bytes or with KB, MB or GB, such as 64MB",
        (text, _) -> {
          Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
          if (!matcher.matches() || matcher.group(1).length() > MAX_DIGITS) {
            return Conversion.unsuitable();
          }
          long number = Long.parseLong(matcher.group(1).replace("_", ""));
          long unit =
              switch (Optional.ofNullable(matcher.group(2)).orElse("")) {
                case "kb" -> KB;
                case "mb" -> KB * KB;
                case "gb" -> KB * KB * KB;
                default -> 1;
              };
          return number < Math.ceilDiv(min, unit) || number > max / unit
              ? Conversion.unsuitable()
              : Conversion.of(number * unit);
        });
  }

  /** {@link #byteSize} of something that must fit into an array. */
  static DataType<Integer> arraySize(long min) {
    DataType<Long> size = byteSize(min, 2047 * KB * KB);
    return new DataType<>(
        size.allowed(),
        (text, where) ->
            switch (size.convert(text, where)) {
              case Conversion.Value<Long>(Long bytes) -> Conversion.of(Math.toIntExact(bytes));
              case Conversion.Unsuitable<Long>(String hint) -> Conversion.unsuitable(hint);
            });
  }

  private static String shownSize(long bytes) {
    if (bytes == 0) {
      return "0";
    }
    if (bytes % (KB * KB * KB) == 0) {
      return bytes / (KB * KB * KB) + "GB";
    }
    return bytes % (KB * KB) == 0 ? bytes / (KB * KB) + "MB" : bytes / KB + "KB";
  }

  /**
   * Seconds as {@code integer} or {@code float} where ZEO has those; also with a unit, as {@code
   * time-interval}, plus weeks.
   */
  static DataType<Duration> duration(Duration min, Duration max) {
    return new DataType<>(
        "a number of seconds between %s and %s, or with a unit s, m, h, d or w, such as 90 or 1.5m"
            .formatted(shownSeconds(min), shownSeconds(max)),
        (text, _) -> {
          Matcher matcher = SECONDS.matcher(text.toLowerCase(Locale.ROOT));
          if (!matcher.matches()) {
            return Conversion.unsuitable();
          }
          long unit =
              switch (matcher.group(2)) {
                case "m" -> 60;
                case "h" -> 60 * 60;
                case "d" -> 24 * 60 * 60;
                case "w" -> 7 * 24 * 60 * 60;
                default -> 1;
              };
          BigDecimal seconds = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit));
          Duration duration =
              Duration.ofSeconds(
                  seconds.longValue(),
                  seconds.remainder(BigDecimal.ONE).movePointRight(9).longValue());
          return duration.compareTo(min) < 0 || duration.compareTo(max) > 0
              ? Conversion.unsuitable()
              : Conversion.of(duration);
        });
  }

  static String shownSeconds(Duration duration) {
    return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString();
  }

  /** {@code string}. */
  static DataType<String> text() {
    return new DataType<>("some text", (text, _) -> Conversion.of(text));
  }

  /** One of a few words, in any case; given back in lower case. */
  static DataType<String> oneOf(List<String> words) {
    return new DataType<>(
        String.join(" or ", words),
        (text, _) -> {
          String word = text.toLowerCase(Locale.ROOT);
          return words.contains(word)
              ? Conversion.of(word)
              : Conversion.unsuitable(
                  NearMiss.find(word, words).map(it -> "did you mean '" + it + "'?").orElse(""));
        });
  }

  /**
   * A path as written; {@code ~/} is the home directory. ZEO's {@code existing-dirpath}, but
   * existence is for the server to check.
   */
  static DataType<Path> path() {
    return new DataType<>(
        "the path of a file or directory",
        (text, where) -> {
          String home = where.environment().get("HOME");
          boolean atHome = home != null && (text.equals("~") || text.startsWith("~/"));
          return toPath(atHome ? home + text.substring(1) : text);
        });
  }

  /** A path that is joined to the directory of the file it stands in. */
  static DataType<Path> pathBesideFile() {
    return new DataType<>(
        "the path of a file or directory, relative to this file",
        (text, where) ->
            switch (path().convert(text, where)) {
              case Conversion.Value<Path>(Path path) ->
                  Conversion.of(where.directory().resolve(path));
              case Conversion.Unsuitable<Path> unsuitable -> unsuitable;
            });
  }

  static Conversion<Path> toPath(String text) {
    try {
      return Conversion.of(Path.of(text));
    } catch (InvalidPathException e) {
      return Conversion.unsuitable("this system says: " + e.getReason());
    }
  }

  /** {@code ZConfig.components.logger.datatypes.logging_level}: a name, or a number up to 50. */
  static DataType<LogLevel> logLevel() {
    return new DataType<>(
        "critical, error, warning, info, blather, debug, trace, all, notset or a number from 0 to 50",
        (text, _) ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "fatal" -> Conversion.of(LogLevel.CRITICAL);
              case "warn" -> Conversion.of(LogLevel.WARNING);
              case String word -> namedOrNumbered(word);
            });
  }

  private static Conversion<LogLevel> namedOrNumbered(String word) {
    for (LogLevel level : LogLevel.values()) {
      if (level.name().toLowerCase(Locale.ROOT).equals(word)) {
        return Conversion.of(level);
      }
    }
    if (!word.matches("[0-9]{1,2}") || Integer.parseInt(word) > LogLevel.CRITICAL.number()) {
      return Conversion.unsuitable();
    }
    int number = Integer.parseInt(word);
    LogLevel quietest = LogLevel.CRITICAL;
    for (LogLevel level : LogLevel.values()) {
      // The levels come in falling order: the last one that is not below the number.
      quietest = level.number() >= number ? level : quietest;
    }
    return Conversion.of(quietest);
  }

  /** {@code path} of a {@code <logfile>}. */
  static DataType<EventLog.Target> logTarget() {
    return new DataType<>(
        "STDOUT, STDERR or the path of a file",
        (text, where) ->
            switch (text) {
              case "STDOUT" -> Conversion.of(new EventLog.Target.StandardOutput());
              case "STDERR" -> Conversion.of(new EventLog.Target.StandardError());
              default ->
                  switch (path().convert(text, where)) {
                    case Conversion.Value<Path>(Path path) ->
                        Conversion.of(new EventLog.Target.File(path));
                    case Conversion.Unsuitable<Path>(String hint) -> Conversion.unsuitable(hint);
                  };
            });
  }
}
