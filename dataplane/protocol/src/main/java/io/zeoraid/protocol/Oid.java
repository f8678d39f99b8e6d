package io.zeoraid.protocol;

import org.jspecify.annotations.Nullable;

/**
 * An object id: 8 bytes, ordered as an unsigned number. Immutable.
 *
 * @param value the 8 bytes, big-endian
 */
public record Oid(long value) implements Comparable<Oid> {

  /** The root object of every ZODB. */
  public static final Oid ROOT = new Oid(0);

  /**
   * The oid that these bytes spell.
   *
   * @throws IllegalArgumentException if they are not 8
   */
  public static Oid ofBytes(byte[] bytes) {
    return new Oid(EightBytes.toLong("oid", bytes));
  }

  /** The 8 bytes of this oid; a new array. */
  public byte[] toBytes() {
    return EightBytes.ofLong(value);
  }

  /**
   * Written out, as is {@link #hashCode}: what the compiler makes of a record's a native executable
   * interprets, which took more than half of the time of a load.
   */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Oid that && value == that.value;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(value);
  }

  @Override
  public int compareTo(Oid other) {
    return Long.compareUnsigned(value, other.value);
  }

  /** 16 hexadecimal digits. */
  @Override
  public String toString() {
    return EightBytes.toHex(value);
  }
}
