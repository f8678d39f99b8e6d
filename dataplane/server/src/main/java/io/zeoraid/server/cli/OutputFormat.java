package io.zeoraid.server.cli;

/** How answers are printed. */
enum OutputFormat {
  /** For people; may change. */
  TEXT,
  /** For programs; stable, see {@code docs/cli.md}. One object a line. */
  JSON
}
