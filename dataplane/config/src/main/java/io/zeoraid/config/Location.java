package io.zeoraid.config;

/**
 * A line of a source.
 *
 * @param line from 1; 0 for the source as a whole
 */
record Location(Source source, int line) implements Comparable<Location> {

  /** In the order of reading. */
  @Override
  public int compareTo(Location other) {
    int bySource = Integer.compare(source.order(), other.source.order());
    return bySource != 0 ? bySource : Integer.compare(line, other.line);
  }

  /** How to point to this place from another one: {@code line 3}, or {@code common.conf:3}. */
  String seenFrom(Location other) {
    return source.equals(other.source) ? "line " + line : source.name() + ":" + line;
  }
}
