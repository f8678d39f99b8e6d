package io.zeoraid.bench.generator;

/**
 * How long a measurement takes.
 *
 * @param leadMillis the clients work for so long before anything is counted
 * @param millis so long is counted
 */
public record Span(long leadMillis, long millis) {
  public Span {
    if (leadMillis < 0 || millis < 1) {
      throw new IllegalArgumentException(
          "a measurement needs a time: lead " + leadMillis + " ms, " + millis + " ms");
    }
  }

  /** Half as long. */
  public Span half() {
    return new Span(leadMillis / 2, Math.max(1, millis / 2));
  }
}
