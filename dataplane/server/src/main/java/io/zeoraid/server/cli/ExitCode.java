package io.zeoraid.server.cli;

/** What {@code zeoraid} ends with; documented in {@code docs/cli.md}. */
final class ExitCode {

  /** Done; {@code status}: optimal. */
  static final int OK = 0;

  /** {@code status}: recovering. Nagios: warning. */
  static final int RECOVERING = 1;

  /** The server refused, or {@code serve} can't start. Not for {@code status}. */
  static final int REFUSED = 1;

  /** {@code status}: degraded or failed. Nagios: critical. */
  static final int CRITICAL = 2;

  /** The server can't be reached or doesn't answer in time. */
  static final int UNREACHABLE = 2;

  /** {@code status}: the server answered, but not with a state. Nagios: unknown. */
  static final int UNKNOWN = 3;

  /**
   * The command line makes no sense: {@code EX_USAGE} of sysexits.h. Picocli's 2 means critical to
   * Nagios.
   */
  static final int USAGE = 64;

  private ExitCode() {}
}
