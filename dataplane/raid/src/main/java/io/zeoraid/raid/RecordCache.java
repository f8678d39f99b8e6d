package io.zeoraid.raid;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import org.jspecify.annotations.Nullable;

/**
 * Bounded space for records that were loaded: at most one revision of each object. It knows no
 * rules; what is put into it, what becomes of it when a transaction is announced, and which load it
 * answers is {@link CachedRecords}' business (R5 in {@code docs/replication.md}).
 *
 * <p>It may forget anything at any time. It must never give what was replaced, forgotten or
 * cleared. Confined to the thread that steps the core.
 */
public interface RecordCache {

  /** No space at all: every load is asked of a backend. */
  RecordCache NONE =
      new RecordCache() {
        @Override
        public @Nullable Loaded get(Oid oid) {
          return null;
        }

        @Override
        public void put(Oid oid, Loaded revision) {}

        @Override
        public void forgetSuperseded() {}

        @Override
        public void clear() {}
      };

  /** The revision that was put in last, if it is still there. */
  @Nullable Loaded get(Oid oid);

  /**
   * Holds this revision in place of the one that it holds of the object. If there is no room for
   * it, it holds none: the one before must go in any case.
   */
  void put(Oid oid, Loaded revision);

  /** Forgets the revisions that have a {@code next}. */
  void forgetSuperseded();

  /** Forgets everything. */
  void clear();

  /**
   * For the meters: a load was answered from here, or was not.
   *
   * @param hit whether it was
   */
  default void looked(boolean hit) {}
}
