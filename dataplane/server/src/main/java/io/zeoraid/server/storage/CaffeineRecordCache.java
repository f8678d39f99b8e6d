package io.zeoraid.server.storage;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy.Eviction;
import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.raid.RecordCache;
import io.zeoraid.server.control.StorageMeters;
import org.jspecify.annotations.Nullable;

/**
 * The records that are asked for most, in so many bytes. What is asked for once, as by a walk
 * through the whole database, does not push out what is used all the time (Caffeine's W-TinyLFU).
 *
 * <p>Confined to the event loop, where its upkeep is done as well, in small pieces. Only {@link
 * #bytes} may be called from any thread.
 */
public final class CaffeineRecordCache implements RecordCache {
  /** What a record takes beside its data, measured: headers, tids, and Caffeine's own. */
  static final int OVERHEAD_BYTES = 200;

  /** A record over this share of the cache is not held: it would push out too many others. */
  static final int LARGEST_SHARE = 16;

  private final Cache<Oid, Loaded> held;
  private final Eviction<Oid, Loaded> bound;
  private final long largest;
  private final StorageMeters meters;

  private CaffeineRecordCache(long bytes, StorageMeters meters) {
    this.meters = meters;
    largest = bytes / LARGEST_SHARE;
    held =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .weigher((Oid oid, Loaded revision) -> weight(revision))
            .executor(Runnable::run)
            .build();
    bound = held.policy().eviction().orElseThrow();
    meters.cacheBytes(this::bytes);
  }

  /**
   * A cache of this size.
   *
   * @param bytes 0 for none
   */
  public static RecordCache of(long bytes, StorageMeters meters) {
    return bytes == 0 ? NONE : new CaffeineRecordCache(bytes, meters);
  }

  private static int weight(Loaded revision) {
    return (int) Math.min(Integer.MAX_VALUE, (long) revision.data().length + OVERHEAD_BYTES);
  }

  @Override
  public @Nullable Loaded get(Oid oid) {
    return held.getIfPresent(oid);
  }

  @Override
  public void put(Oid oid, Loaded revision) {
    if (weight(revision) > largest) {
      held.invalidate(oid);
    } else {
      held.put(oid, revision);
    }
  }

  @Override
  public void forgetSuperseded() {
    held.asMap().values().removeIf(revision -> revision.next() != null);
  }

  @Override
  public void clear() {
    held.invalidateAll();
  }

  @Override
  public void looked(boolean hit) {
    if (hit) {
      meters.cacheHit();
    } else {
      meters.cacheMissed();
    }
  }

  /** What it takes now. Any thread. */
  long bytes() {
    return bound.weightedSize().orElse(0);
  }
}
