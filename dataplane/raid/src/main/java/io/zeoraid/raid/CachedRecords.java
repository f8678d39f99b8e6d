package io.zeoraid.raid;

import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * R5, the cache. A revision that is held is one of the object's history; its {@code next} is the
 * transaction that wrote the next one, or null as long as nothing announced has changed the object.
 * So it answers a load exactly as a backend would, if the bound lies after its serial and not after
 * its {@code next}.
 *
 * <p>What keeps that true: only replies go in that are corrected by everything announced ({@link
 * Read#corrected}), of backends that are in the view, and in the step of {@link Announce} in which
 * a transaction is announced, before anybody is told, what is held of its objects gets it as {@code
 * next}. Forgetting does no harm.
 *
 * <p>Undo needs nothing here: it is a transaction that changes objects, and is announced like any
 * other. A revision that a pack removes stays true of the history, but no backend has it any more;
 * so the primary, which packs, forgets them.
 */
final class CachedRecords {
  private final Raid raid;
  private final RecordCache space;

  CachedRecords(Raid raid, RecordCache space) {
    this.raid = raid;
    this.space = space;
  }

  /** The revision that was current just before this tid, if it is held. */
  @Nullable Loaded find(Oid oid, Tid before) {
    Loaded held = space.get(oid);
    boolean hit = held != null && answers(held, before);
    space.looked(hit);
    return hit ? held : null;
  }

  /** The data of just this revision, if it is held. */
  byte @Nullable [] data(Oid oid, Tid serial) {
    Loaded held = space.get(oid);
    byte[] data = held != null && held.serial().equals(serial) ? held.data() : null;
    space.looked(data != null);
    return data;
  }

  /** Whether this revision was the current one just before that tid. */
  static boolean answers(Loaded held, Tid before) {
    Tid next = held.next();
    return before.isAfter(held.serial()) && (next == null || !before.isAfter(next));
  }

  /**
   * A backend in the view has answered this, corrected. An object that does not exist yet is not
   * noted, and of two revisions the newer one is kept: it is the one that more clients will ask
   * for.
   */
  void keep(Oid oid, @Nullable Loaded corrected) {
    if (corrected == null) {
      return;
    }
    Loaded held = space.get(oid);
    if (held == null || corrected.serial().isAfter(held.serial())) {
      space.put(oid, corrected);
    }
  }

  /** A transaction is announced in this step: what is held of its objects is current no more. */
  void changed(Tid tid, List<Oid> oids) {
    if (!raid.keeps(Safeguard.CACHE_MARKED)) {
      return;
    }
    for (Oid oid : oids) {
      Loaded held = space.get(oid);
      if (held != null && held.next() == null) {
        space.put(oid, new Loaded(held.data(), held.serial(), tid));
      }
    }
  }

  /** All backends are packed: what is not current may be gone there. */
  void packed() {
    space.forgetSuperseded();
  }

  /** Announcements were missed: nothing that is held can be marked any more. */
  void clear() {
    space.clear();
  }
}
