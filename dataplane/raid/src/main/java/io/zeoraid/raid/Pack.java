package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Pack: one backend after another, reads and recovery kept off the one that packs; a no-op after
 * each. It begins when all backends are in sync, for packing would take away what another one needs
 * to catch up; it waits a minute for that. From then on nobody can lack anything that it takes: all
 * have what is later than its time. So a backend that fails meanwhile is waited for while it is
 * recovered, and packed then.
 *
 * <p>What the record knows to be committed is looked for at each take-over, so it must outlast the
 * pack. If the pack may take the last transaction with records, a no-op is committed first and
 * noted in its place, and the time is capped below that: whatever is later than its time,
 * FileStorage's pack leaves as it is.
 */
final class Pack {
  /** As {@code FileStorage.pack} says it. */
  private static final RemoteError ALREADY_PACKING =
      new RemoteError("ZODB.FileStorage.FileStorage.FileStorageError", List.of("Already packing"));

  /** How a pack ended. */
  sealed interface End {

    /** All backends are packed. */
    record Packed() implements End {}

    /**
     * Not all of them, or none.
     *
     * @param text for people
     * @param error for a client: a backend's own, if it gave one
     */
    record Failed(String text, RemoteError error) implements End {

      static Failed of(String text) {
        return new Failed(text, Errors.storage(text));
      }
    }
  }

  /** Tids of one primary are 3.6 microseconds apart. */
  private static final double A_MICROSECOND = 1e-6;

  private static final long WAIT_MILLIS = 60_000;
  private static final long LOOK_AGAIN_MILLIS = 200;

  /** A backend that was lost so often while it packed is not tried again. */
  private static final int MOST_LOSSES = 5;

  private final Term term;
  private final Raid raid;
  private boolean underway;

  /** Which backend packs just now; null if none does. */
  private @Nullable BackendName packing;

  /** Those that are to be packed yet. */
  private final List<BackendName> left = new ArrayList<>();

  /** How often each was lost while it packed. */
  private final SortedMap<BackendName, Integer> losses = new TreeMap<>();

  private double time;
  private Consumer<End> done = end -> {};

  /** Whether some backends may be packed and others not, for a pack did not come to its end. */
  private boolean uneven;

  Pack(Term term) {
    this.term = term;
    this.raid = term.raid;
  }

  /** Whether a backend packs just now. */
  boolean isPacking() {
    return packing != null;
  }

  /** Whether some backends may be packed and others not, as far as this primary knows. */
  boolean isUneven() {
    return uneven;
  }

  /** How far it is, for people; empty if none is under way. */
  String progress() {
    if (!underway) {
      return "";
    }
    return packing == null
        ? "a pack is under way, and waits until it can go on"
        : "packing backend " + packing + ", " + number();
  }

  private String number() {
    int members = term.record().backends().size();
    return (members - left.size()) + " of " + members;
  }

  /** How far it is with this backend; empty if that does not pack just now. */
  String progress(BackendName name) {
    return name.equals(packing)
        ? "packing, backend " + number() + "; it is not read from if others can be"
        : "";
  }

  /**
   * Packs.
   *
   * @param seconds since 1970: revisions that were not current then may go
   * @param ended not told if the term ends before the pack
   */
  void pack(double seconds, Consumer<End> ended) {
    if (underway) {
      ended.accept(new End.Failed("a pack is under way already", ALREADY_PACKING));
      return;
    }
    underway = true;
    raid.statusChanged();
    losses.clear();
    done =
        end -> {
          underway = false;
          raid.statusChanged();
          term.recover.wake();
          ended.accept(end);
        };
    beginWhenAllAreInSync(seconds, raid.now.millis() + WAIT_MILLIS, true);
  }

  private void beginWhenAllAreInSync(double seconds, long until, boolean tell) {
    if (!term.office.serving) {
      done.accept(End.Failed.of("the RAID does not serve: " + raid.detail));
      return;
    }
    List<BackendName> out = out();
    if (out.isEmpty()) {
      begin(seconds, until);
      return;
    }
    boolean hopeless = out.stream().anyMatch(name -> !term.recover.recovers(name, state(name)));
    if (hopeless || raid.now.millis() >= until) {
      done.accept(
          End.Failed.of(
              "not while a backend is out of sync, since packing would take away what it needs to"
                  + " catch up: "
                  + words(out)));
      return;
    }
    if (tell) {
      raid.info("a pack waits until all backends are in sync: " + words(out));
    }
    term.after(LOOK_AGAIN_MILLIS, () -> beginWhenAllAreInSync(seconds, until, false));
  }

  private void begin(double seconds, long until) {
    Tid last = lastWithRecords();
    if (last.equals(Tid.NONE)) {
      done.accept(new End.Packed()); // there is nothing but no-ops, which must stay
    } else if (seconds < justBefore(last)) {
      term.noteLastTid(() -> packAll(seconds, seconds, until));
    } else {
      commitWhatOutlasts(seconds, until);
    }
  }

  private void commitWhatOutlasts(double seconds, long until) {
    term.lock.acquire(() ->
        term.takeOver.run(() -> {
          Tid noOp = term.office.last;
          term.lock.release();
          term.change(
              record -> Optional.of(record.withLastTid(noOp)),
              noted -> {
                if (noted) {
                  packAll(Math.min(seconds, justBefore(noOp)), seconds, until);
                } else {
                  done.accept(End.Failed.of("what is committed by now could not be noted"));
                }
              });
        }));
  }

  /** A backend may have been put out by now, and lack what outlasts the pack. */
  private void packAll(double effective, double wished, long until) {
    if (!out().isEmpty()) {
      beginWhenAllAreInSync(wished, until, true);
      return;
    }
    Consumer<End> ended = done;
    uneven = true;
    done =
        end -> {
          uneven = end instanceof End.Failed;
          raid.cached.packed();
          ended.accept(end);
        };
    time = effective;
    left.clear();
    left.addAll(term.record().backends().keySet());
    next();
  }

  private List<BackendName> out() {
    return term.record().backends().entrySet().stream()
        .filter(member -> !(member.getValue() instanceof BackendState.InSync))
        .map(Map.Entry::getKey)
        .toList();
  }

  private BackendState state(BackendName name) {
    return Objects.requireNonNull(term.record().backends().get(name));
  }

  private String words(List<BackendName> names) {
    return names.stream()
        .map(name -> name + " is " + state(name).word())
        .collect(Collectors.joining(", "));
  }

  private void packing(BackendName name, boolean packs) {
    packing = packs ? name : null;
    raid.read.packing(name, packs);
    raid.statusChanged();
  }

  /** The term ends: what is packed by now is packed, and nobody goes on. */
  void end() {
    packing = null;
    raid.membership.record().backends().keySet().forEach(name -> raid.read.packing(name, false));
  }

  private Tid lastWithRecords() {
    return Tids.max(raid.announcements.lastWithRecords(), term.record().lastTid());
  }

  /** In seconds since 1970; and yet later than any transaction before that one. */
  private static double justBefore(Tid tid) {
    return Tids.toSeconds(tid) - A_MICROSECOND;
  }

  /** Goes on with one that is in sync; recovery goes first. */
  private void next() {
    next(raid.now.millis() + WAIT_MILLIS);
  }

  private void next(long until) {
    left.removeIf(name -> !term.record().backends().containsKey(name));
    if (left.isEmpty()) {
      done.accept(new End.Packed());
      return;
    }
    if (term.recover.isUnderway()) {
      term.after(LOOK_AGAIN_MILLIS, this::next);
      return;
    }
    Optional<BackendName> ready =
        left.stream()
            .filter(name -> term.office.serving && state(name) instanceof BackendState.InSync)
            .findFirst();
    if (ready.isPresent()) {
      pack(ready.get());
    } else if (raid.now.millis() < until && left.stream().anyMatch(this::mayCome)) {
      term.after(LOOK_AGAIN_MILLIS, () -> next(until));
    } else {
      done.accept(
          End.Failed.of(
              "only some backends are packed, these are not: "
                  + words(left)
                  + ". Pack again when all are in sync"));
    }
  }

  private boolean mayCome(BackendName name) {
    return state(name) instanceof BackendState.InSync || term.recover.recovers(name, state(name));
  }

  private void pack(BackendName name) {
    left.remove(name);
    packing(name, true);
    term.open(
        name,
        raid.settings.connectMillis(),
        link -> {
          if (!link.isUp()) {
            packing(name, false);
            lost(name, "it can't be reached: " + link.why);
            return;
          }
          raid.info("packing backend " + name);
          raid.links.call(
              link,
              new Request.Pack(time, true),
              answer -> {
                packing(name, false);
                raid.links.close(link, "packed");
                packed(name, answer);
              });
        });
  }

  private void packed(BackendName name, Answer answer) {
    switch (answer) {
      case Answer.Lost lost -> lost(name, "it was lost while it packed: " + lost.why());
      case Answer.Failed failed ->
          done.accept(
              new End.Failed(
                  "backend " + name + " could not pack: " + Errors.describe(failed.error()),
                  failed.error()));
      case Answer.Value value -> {
        raid.info("packed backend " + name);
        term.lock.acquire(() ->
            term.takeOver.run(() -> {
              term.lock.release();
              term.recover.wake();
              next();
            }));
      }
    }
  }

  private void lost(BackendName name, String why) {
    raid.warn("packing backend " + name + ": " + why);
    if (losses.merge(name, 1, Integer::sum) >= MOST_LOSSES) {
      done.accept(End.Failed.of("backend " + name + " could not be packed: " + why));
      return;
    }
    left.add(name);
    term.recover.wake();
    term.after(LOOK_AGAIN_MILLIS, this::next);
  }
}
