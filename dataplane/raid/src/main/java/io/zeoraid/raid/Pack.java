package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Pack: one backend after another, reads and recovery kept off the one that packs; a no-op after
 * each; not while a backend is out, for packing would take away what it needs to catch up.
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

  private final Term term;
  private final Raid raid;
  private boolean underway;

  /** Which backend packs just now; null if none does. */
  private @Nullable BackendName packing;

  private int packed;

  /** Whether some backends may be packed and others not, for a pack did not come to its end. */
  private boolean uneven;

  Pack(Term term) {
    this.term = term;
    this.raid = term.raid;
  }

  boolean isUnderway() {
    return underway;
  }

  /** Whether some backends may be packed and others not, as far as this primary knows. */
  boolean isUneven() {
    return uneven;
  }

  /** How far it is with this backend; empty if that does not pack just now. */
  String progress(BackendName name) {
    return name.equals(packing)
        ? "packing, backend "
            + (packed + 1)
            + " of "
            + term.record().backends().size()
            + "; it is not read from if others can be"
        : "";
  }

  /**
   * Packs.
   *
   * @param seconds since 1970: revisions that were not current then may go
   * @param ended not told if the term ends before the pack
   */
  void pack(double seconds, Consumer<End> ended) {
    String refusal = refusal();
    if (underway) {
      ended.accept(new End.Failed(refusal, ALREADY_PACKING));
      return;
    }
    if (!refusal.isEmpty()) {
      ended.accept(End.Failed.of(refusal));
      return;
    }
    Tid last = lastWithRecords();
    if (last.equals(Tid.NONE)) {
      ended.accept(new End.Packed()); // there is nothing but no-ops, which must stay
      return;
    }
    underway = true;
    packed = 0;
    uneven = true;
    Consumer<End> done =
        end -> {
          underway = false;
          uneven = end instanceof End.Failed;
          raid.cached.packed();
          term.recover.wake();
          ended.accept(end);
        };
    if (seconds < justBefore(last)) {
      term.noteLastTid(() -> packAll(seconds, done));
    } else {
      commitWhatOutlasts(seconds, done);
    }
  }

  private void commitWhatOutlasts(double seconds, Consumer<End> done) {
    term.lock.acquire(() ->
        term.takeOver.run(() -> {
          Tid noOp = term.office.last;
          term.lock.release();
          term.change(
              record -> Optional.of(record.withLastTid(noOp)),
              noted -> {
                if (noted) {
                  packAll(Math.min(seconds, justBefore(noOp)), done);
                } else {
                  done.accept(End.Failed.of("what is committed by now could not be noted"));
                }
              });
        }));
  }

  /** A backend may have been put out by now. */
  private void packAll(double time, Consumer<End> done) {
    String refusal = stillAllInSync();
    if (refusal.isEmpty()) {
      next(new ArrayList<>(term.record().backends().keySet()), time, done);
    } else {
      done.accept(End.Failed.of(refusal));
    }
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

  private String refusal() {
    if (underway) {
      return "a pack is under way already";
    }
    if (!term.office.serving) {
      return "the RAID does not serve: " + raid.detail;
    }
    List<String> out = new ArrayList<>();
    raid.membership
        .record()
        .backends()
        .forEach((name, state) -> {
          if (!(state instanceof BackendState.InSync)) {
            out.add(name + " is " + state.word());
          }
        });
    return out.isEmpty()
        ? ""
        : "not while a backend is out of sync, since packing would take away what it needs to catch up: "
            + String.join(", ", out);
  }

  private void next(List<BackendName> left, double time, Consumer<End> done) {
    if (left.isEmpty()) {
      done.accept(new End.Packed());
      return;
    }
    BackendName name = left.removeFirst();
    term.open(
        name,
        raid.settings.connectMillis(),
        link -> {
          if (!link.isUp()) {
            done.accept(End.Failed.of("backend " + name + " can't be reached: " + link.why));
            return;
          }
          packing(name, true);
          raid.info("packing backend " + name);
          raid.links.call(
              link,
              new Request.Pack(time, true),
              answer -> {
                packing(name, false);
                raid.links.close(link, "packed");
                packed(name, answer, left, time, done);
              });
        });
  }

  private void packed(
      BackendName name, Answer answer, List<BackendName> left, double time, Consumer<End> done) {
    switch (answer) {
      case Answer.Lost lost ->
          done.accept(
              End.Failed.of("backend " + name + " was lost while it packed: " + lost.why()));
      case Answer.Failed failed ->
          done.accept(
              new End.Failed(
                  "backend " + name + " could not pack: " + Errors.describe(failed.error()),
                  failed.error()));
      case Answer.Value value -> {
        raid.info("packed backend " + name);
        packed++;
        term.lock.acquire(() ->
            term.takeOver.run(() -> {
              term.lock.release();
              String refusal = left.isEmpty() ? "" : stillAllInSync();
              if (refusal.isEmpty()) {
                next(left, time, done);
              } else {
                done.accept(End.Failed.of(refusal));
              }
            }));
      }
    }
  }

  private String stillAllInSync() {
    underway = false;
    String refusal = refusal();
    underway = true;
    return refusal.isEmpty() ? "" : "stopped: " + refusal;
  }
}
