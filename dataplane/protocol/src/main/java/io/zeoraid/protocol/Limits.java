package io.zeoraid.protocol;

/**
 * How much one message may ask of this process. ZEO itself has no such bounds ({@code
 * ZEO/asyncio/smp.py} believes any length); they keep a broken or hostile peer from taking memory
 * or time out of proportion to what it sent. Immutable.
 *
 * @param maxFrameBytes the longest message body; the reader of the socket checks the length in
 *     front of a frame against it before it reserves memory. A message holds at most one record,
 *     and ZODB warns about records over 16 MiB.
 * @param maxItems the most values in one message, each element of a list and each shared value
 *     counted as often as it occurs. A value takes at most about 100 bytes of memory beside its
 *     bytes.
 * @param maxDepth how deep lists and mappings may be nested. ZEO's own messages need 8.
 * @param maxTextBytes the longest text (not bytes), encoded. Texts are names, descriptions and
 *     error messages.
 */
public record Limits(int maxFrameBytes, int maxItems, int maxDepth, int maxTextBytes) {

  /** 256 MiB, 4 million values, 64 levels, 16 MiB of text. */
  public static final Limits DEFAULT = new Limits(256 << 20, 4_000_000, 64, 16 << 20);

  /**
   * Checks the bounds themselves.
   *
   * @throws IllegalArgumentException if one is not positive, or the depth is over 500 (values are
   *     walked recursively)
   */
  public Limits {
    if (maxFrameBytes < 1 || maxItems < 1 || maxDepth < 1 || maxTextBytes < 1) {
      throw new IllegalArgumentException(
          "every limit must be positive: "
              + ("frame " + maxFrameBytes + ", items " + maxItems)
              + (", depth " + maxDepth + ", text " + maxTextBytes));
    }
    if (maxDepth > 500) {
      throw new IllegalArgumentException("a depth of at most 500 can be walked, not " + maxDepth);
    }
  }
}
