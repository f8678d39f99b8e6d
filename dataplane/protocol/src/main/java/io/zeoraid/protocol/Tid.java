package io.zeoraid.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A transaction id: 8 bytes, ordered as an unsigned number. Immutable.
 *
 * @param value the 8 bytes, big-endian
 */
public record Tid(long value) implements Comparable<Tid> {

  /** The tid of a storage without transactions ({@code z64} in ZODB). */
  public static final Tid NONE = new Tid(0);

  /** The greatest possible tid ({@code maxtid} in ZODB). */
  public static final Tid MAX = new Tid(Long.MAX_VALUE);

  /**
   * The tid that these bytes spell.
   *
   * @throws IllegalArgumentException if they are not 8
   */
  public static Tid ofBytes(byte[] bytes) {
    return new Tid(EightBytes.toLong("tid", bytes));
  }

  /** The 8 bytes of this tid; a new array. */
  public byte[] toBytes() {
    return EightBytes.ofLong(value);
  }

  /** Written out for the native executable, see {@link Oid#equals}. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Tid that && value == that.value;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(value);
  }

  @Override
  public int compareTo(Tid other) {
    return Long.compareUnsigned(value, other.value);
  }

  /** Whether this tid is later than the other. */
  public boolean isAfter(Tid other) {
    return compareTo(other) > 0;
  }

  /** The tid that follows this one; used as the exclusive bound of a load. */
  public Tid next() {
    return new Tid(value + 1);
  }

  /** 16 hexadecimal digits, as ZODB prints a tid. */
  @Override
  public String toString() {
    return EightBytes.toHex(value);
  }
}
