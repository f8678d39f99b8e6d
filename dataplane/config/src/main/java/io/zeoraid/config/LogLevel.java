package io.zeoraid.config;

/**
 * The levels of {@code ZConfig/components/logger/datatypes.py}, by Python's numbers, from the
 * loudest on.
 */
public enum LogLevel {
  CRITICAL(50),
  ERROR(40),
  WARNING(30),
  INFO(20),
  BLATHER(15),
  DEBUG(10),
  TRACE(5),
  ALL(1),
  NOTSET(0);

  private final int number;

  LogLevel(int number) {
    this.number = number;
  }

  /** Python's number for this level. */
  public int number() {
    return number;
  }
}
