package io.zeoraid.raid;

import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Tid;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Chooses tids (R2.1): later than every transaction there is and every tid this process ever chose,
 * near the time of day as ZODB's are, and with the primary's number in the low 8 bits, so that no
 * tid names two transactions. And judges those that clients choose.
 */
public final class Tids {
  private static final double TICKS_PER_SECOND = 4294967296.0 / 60;

  /**
   * Clients' tids end here, in the year 5814: later ones must be left, or one client could use up
   * the tids for ever.
   */
  private static final Tid BOUND = new Tid(0x7d00_0000_0000_0000L);

  private Tid chosen = Tid.NONE;

  /**
   * What somebody claims to be the tid of a transaction.
   *
   * @throws ProtocolException if it leaves no room for later ones: none was ever committed under
   *     such a tid, and whoever believed it could commit nothing any more
   */
  static Tid possible(Tid claimed) {
    if (!BOUND.isAfter(claimed)) {
      throw new ProtocolException(
          "no transaction has the tid " + claimed + ", which leaves no room for later ones");
    }
    return claimed;
  }

  /** What was chosen and is later than the last transaction there is: it may be in doubt. */
  private final TreeSet<Tid> open = new TreeSet<>();

  /**
   * Chooses the next tid.
   *
   * @param last the last transaction there is
   * @param number the primary's number, 0-255
   */
  Tid choose(Now now, Tid last, int number) {
    long byClock = ofMicros(now.wallMicros()).value() & ~0xffL;
    long successor = successor(max(last, chosen));
    return chose(Long.compareUnsigned(byClock, successor) > 0 ? byClock : successor, last, number);
  }

  /**
   * Chooses the next tid as close behind the last transaction as it can be, whatever the time of
   * day.
   *
   * @param last the last transaction there is
   * @param number the primary's number, 0-255
   */
  Tid chooseBehind(Tid last, int number) {
    return chose(successor(max(last, chosen)), last, number);
  }

  private static long successor(Tid tid) {
    return ((tid.value() >>> 8) + 1) << 8;
  }

  private Tid chose(long base, Tid last, int number) {
    chosen = new Tid(base | number);
    open.headSet(last, true).clear();
    open.add(chosen);
    return chosen;
  }

  /**
   * Why a transaction can't be committed under a tid of its client's choice; empty if it can. One
   * that this process chose for another transaction is refused: whether that one was committed may
   * still be asked.
   *
   * @param last the last transaction there is
   */
  Optional<String> objection(Tid given, Tid last) {
    if (!given.isAfter(last)) {
      return Optional.of("it is not later than the last transaction, " + last);
    }
    if (!BOUND.isAfter(given)) {
      return Optional.of("it leaves no room for later ones");
    }
    return open.contains(given)
        ? Optional.of("it was chosen for another transaction")
        : Optional.empty();
  }

  /** Nothing at or before this is ever chosen. */
  void notBefore(Tid tid) {
    chosen = max(chosen, tid);
  }

  static Tid max(Tid one, Tid other) {
    return one.isAfter(other) ? one : other;
  }

  /**
   * The time as ZODB writes it ({@code persistent/timestamp.py}): minutes in months of 31 days
   * since 1900, then 60/2^32 seconds.
   */
  public static Tid ofMicros(long micros) {
    long second = Math.floorDiv(micros, 1_000_000);
    OffsetDateTime t = OffsetDateTime.ofInstant(Instant.ofEpochSecond(second), ZoneOffset.UTC);
    long minutes =
        (((t.getYear() - 1900L) * 12 + t.getMonthValue() - 1) * 31 + t.getDayOfMonth() - 1)
                * 24
                * 60
            + t.getHour() * 60L
            + t.getMinute();
    double seconds = t.getSecond() + (micros - second * 1_000_000) / 1e6;
    return new Tid(minutes << 32 | (long) (seconds * TICKS_PER_SECOND));
  }

  /** As {@link #ofMicros}. */
  public static Tid ofMillis(long millis) {
    return ofMicros(millis * 1000);
  }

  /** As {@link #ofMicros}, of seconds since 1970, as exactly as these can say it. */
  public static Tid ofSeconds(double seconds) {
    long minute = (long) Math.floor(seconds / 60) * 60;
    return new Tid(
        ofMillis(minute * 1000).value() + (long) ((seconds - minute) * TICKS_PER_SECOND));
  }

  /** The time that a tid stands for, in milliseconds since 1970. */
  static long toMillis(Tid tid) {
    return minute(tid) + (long) (secondsInMinute(tid) * 1000);
  }

  /** The time that a tid stands for, in seconds since 1970, as exactly as these can say it. */
  static double toSeconds(Tid tid) {
    return minute(tid) / 1000.0 + secondsInMinute(tid);
  }

  /** When the tid's minute began, in milliseconds since 1970. */
  private static long minute(Tid tid) {
    long minutes = tid.value() >>> 32;
    long day = minutes / (24 * 60);
    long month = day / 31;
    return OffsetDateTime.of(
                (int) (1900 + month / 12), (int) (month % 12 + 1), 1, 0, 0, 0, 0, ZoneOffset.UTC)
            .toInstant()
            .toEpochMilli()
        + (day % 31) * 86_400_000L
        + (minutes % (24 * 60)) * 60_000L;
  }

  private static double secondsInMinute(Tid tid) {
    return (tid.value() & 0xffffffffL) / TICKS_PER_SECOND;
  }
}
