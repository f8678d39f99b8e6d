package io.zeoraid.protocol;

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
