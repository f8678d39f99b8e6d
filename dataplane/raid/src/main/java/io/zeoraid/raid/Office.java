package io.zeoraid.raid;

import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a primary in office has: the last transaction, and one connection per in-sync backend for
 * votes and proofs. Such a connection is used only after the record, read once it stood, still
 * named this server (R2.2).
 */
final class Office {
  private final Term term;
  private final Raid raid;
  private final SortedMap<BackendName, Link> links = new TreeMap<>();
  private final Map<BackendName, List<Consumer<@Nullable Link>>> opening = new LinkedHashMap<>();
  private final SortedMap<BackendName, String> troubles = new TreeMap<>();
  private final SortedSet<BackendName> hung = new TreeSet<>();

  /** Connections that are being opened, or wait for the record to be read. */
  private final Set<Link> unproven = new LinkedHashSet<>();

  /** The present attempt to take over, and what came of it. */
  private Scope attempt;

  /**
   * Whether this server serves as primary: its take-over is complete, and nothing has cast doubt on
   * it since.
   */
  boolean serving;

  /** The last transaction of the RAID, no-ops included. */
  Tid last = Tid.NONE;

  /**
   * The transaction whose finish has been sent and not yet confirmed by all; NONE if there is none.
   */
  Tid finishing = Tid.NONE;

  Office(Term term) {
    this.term = term;
    this.raid = term.raid;
    this.attempt = term.scope.inner();
  }

  /**
   * A new attempt to take over: every connection of the one before is closed, for a forgotten vote
   * would lock us out.
   */
  Scope newAttempt() {
    attempt.end();
    attempt = term.scope.inner();
    serving = false;
    finishing = Tid.NONE;
    unproven.forEach(link -> raid.links.close(link, "a new attempt to take over begins"));
    unproven.clear();
    links.values().forEach(link -> raid.links.close(link, "a new attempt to take over begins"));
    links.clear();
    List<Consumer<@Nullable Link>> abandoned = new ArrayList<>();
    opening.values().forEach(abandoned::addAll);
    opening.clear();
    abandoned.forEach(waiting -> raid.later(() -> waiting.accept(null)));
    return attempt;
  }

  /** The connection to this backend, if it stands. */
  @Nullable Link link(BackendName backend) {
    Link link = links.get(backend);
    return link != null && link.isUp() ? link : null;
  }

  /** Why the last attempt to reach the backend failed. */
  String trouble(BackendName backend) {
    return troubles.getOrDefault(backend, "not connected");
  }

  /** Takes a connection that was just proven good into office. */
  void adopt(Link link) {
    Link before = links.put(link.backend, link);
    if (before != null && before != link) {
      raid.links.close(before, "replaced by a newer connection");
    }
    watch(link);
  }

  /** Closes the connections to all others. */
  void keepOnly(SortedSet<BackendName> inSync) {
    for (BackendName name : List.copyOf(links.keySet())) {
      if (!inSync.contains(name)) {
        close(name, "it is out of sync");
      }
    }
  }

  void close(BackendName backend, String why) {
    raid.links.close(links.remove(backend), why);
  }

  private void watch(Link link) {
    link.whenLost =
        lost -> {
          if (!term.scope.isOver()) {
            noteTrouble(link.backend, lost);
            term.watch.suspect();
          }
        };
  }

  /** Notes why a backend could not be used. One that hung gets less time at the next attempt. */
  void noteTrouble(BackendName backend, Answer.Lost lost) {
    troubles.put(backend, lost.why());
    if (lost.hung()) {
      hung.add(backend);
    } else {
      hung.remove(backend);
    }
  }

  /**
   * The connection to this backend, opened anew if need be: two attempts, or a short one if it has
   * hung already.
   *
   * @param then is given null if it can't be had
   */
  void connect(BackendName backend, Consumer<@Nullable Link> then) {
    Consumer<@Nullable Link> guarded = term.scope.guard(then);
    Link standing = link(backend);
    if (standing != null) {
      raid.later(() -> guarded.accept(standing));
      return;
    }
    List<Consumer<@Nullable Link>> waiting = opening.get(backend);
    if (waiting != null) {
      waiting.add(guarded);
      return;
    }
    waiting = new ArrayList<>();
    waiting.add(guarded);
    opening.put(backend, waiting);
    dial(backend, hung.contains(backend) ? 1 : 2, attempt);
  }

  private void noteNoConnection(BackendName backend, String why) {
    troubles.put(backend, hung.contains(backend) ? "it hangs: " + why : why);
  }

  private void dial(BackendName backend, int attempts, Scope scope) {
    long millis =
        hung.contains(backend) ? raid.settings.retryMillis() : raid.settings.connectMillis();
    unproven.add(
        term.open(
            backend,
            millis,
            link -> {
              if (scope.isOver()) {
                return;
              }
              if (!link.isUp()) {
                unproven.remove(link);
                if (link.hung) {
                  hung.add(backend);
                }
                noteNoConnection(backend, link.why);
                if (attempts > 1) {
                  dial(backend, attempts - 1, scope);
                } else {
                  opened(backend, null);
                }
              } else {
                hung.remove(backend);
                term.read(scope, () -> stands(backend, link));
              }
            }));
  }

  /**
   * The record was read after the connection stood. Had it named another primary, the term would be
   * over.
   */
  private void stands(BackendName backend, Link link) {
    unproven.remove(link);
    if (!link.isUp()) {
      troubles.put(backend, link.why);
      opened(backend, null);
      return;
    }
    troubles.remove(backend);
    adopt(link);
    opened(backend, link);
  }

  private void opened(BackendName backend, @Nullable Link link) {
    List<Consumer<@Nullable Link>> waiting = opening.remove(backend);
    if (waiting != null) {
      waiting.forEach(then -> raid.later(() -> then.accept(link)));
    }
    raid.statusChanged();
  }

  /**
   * The connections to all these backends, side by side.
   *
   * @param then is given those that could be had
   */
  void connectAll(SortedSet<BackendName> backends, Consumer<SortedMap<BackendName, Link>> then) {
    Gather<BackendName, @Nullable Link> gather =
        new Gather<>(
            backends.size(),
            found -> {
              SortedMap<BackendName, Link> up = new TreeMap<>();
              found.forEach((name, link) -> {
                if (link != null && link.isUp()) {
                  up.put(name, link);
                }
              });
              raid.later(term.scope.guard(() -> then.accept(up)));
            });
    backends.forEach(name -> connect(name, link -> gather.put(name, link)));
  }
}
