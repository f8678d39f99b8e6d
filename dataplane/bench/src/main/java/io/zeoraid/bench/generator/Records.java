package io.zeoraid.bench.generator;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The objects that are loaded: every server gets the same ones. A record begins with its oid, so
 * that a wrong answer is found out; what follows does not compress.
 */
public final class Records {
  /** How many there are. Their oids begin at 1. */
  public static final int COUNT = 2000;

  /** How many of them, the first ones, are loaded where all were loaded before. */
  static final int HOT_COUNT = 500;

  private static final int SMALLEST_BYTES = 1 << 10;
  private static final int LARGEST_BYTES = 4 << 10;
  private static final long SEED = 20_060_815;

  private Records() {}

  /** The record of this object. */
  public static byte[] of(Oid oid) {
    var random = new SplittableRandom(SEED + oid.value());
    return random(oid, random.nextInt(SMALLEST_BYTES, LARGEST_BYTES + 1), random);
  }

  /** A record of this size. */
  static byte[] sized(Oid oid, int bytes) {
    return random(oid, bytes, new SplittableRandom(SEED + oid.value()));
  }

  private static byte[] random(Oid oid, int bytes, SplittableRandom random) {
    byte[] record = new byte[bytes];
    random.nextBytes(record);
    ByteBuffer.wrap(record).putLong(oid.value());
    return record;
  }

  /** What is wrong with an answer to a load of this object; null if nothing is. */
  static @Nullable String fault(Oid oid, @Nullable Loaded loaded) {
    if (loaded == null) {
      return "object " + oid + " is said not to exist yet";
    }
    byte[] data = loaded.data();
    if (data.length < SMALLEST_BYTES || ByteBuffer.wrap(data).getLong() != oid.value()) {
      return "the record of object " + oid + " is another one";
    }
    return loaded.next() == null ? null : "the revision of object " + oid + " is an old one";
  }
}
