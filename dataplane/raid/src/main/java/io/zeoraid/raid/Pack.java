package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Pack: one backend after another, reads and recovery kept off the one that packs; its time capped
 * below the last transaction with records, for FileStorage's pack drops transactions without
 * records, and a no-op might vanish; a no-op after each; not while a backend is out, for packing
 * would take away what it needs to catch up.
 */
final class Pack {
  private final Term term;
  private final Raid raid;
  private boolean underway;

  Pack(Term term) {
    this.term = term;
    this.raid = term.raid;
  }

  boolean isUnderway() {
    return underway;
  }

  void pack(long request, double seconds) {
    String refusal = refusal();
    if (!refusal.isEmpty()) {
      raid.admin.refuse(request, refusal);
      return;
    }
    underway = true;
    double time = Math.min(seconds, latest());
    // What the record knows to be committed must outlast the pack: it is looked for at a take-over.
    term.noteLastTid(() ->
        next(new ArrayList<>(term.record().backends().keySet()), time, end -> ended(request, end)));
  }

  private void ended(long request, String trouble) {
    underway = false;
    if (trouble.isEmpty()) {
      raid.admin.grant(request, "packed all backends");
    } else {
      raid.admin.refuse(request, trouble);
    }
    term.recover.wake();
  }

  /** The term ends: what is packed by now is packed, and nobody goes on. */
  void end() {
    raid.membership.record().backends().keySet().forEach(name -> raid.read.packing(name, false));
  }

  /** Just before the last transaction with records, in seconds since 1970. */
  private double latest() {
    Tid last = Tids.max(raid.announcements.lastWithRecords(), term.record().lastTid());
    return last.equals(Tid.NONE) ? 0 : (Tids.toMillis(last) - 1) / 1000.0;
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

  /**
   * @param done is given what went wrong; empty if nothing did
   */
  private void next(List<BackendName> left, double time, Consumer<String> done) {
    if (left.isEmpty()) {
      done.accept("");
      return;
    }
    BackendName name = left.removeFirst();
    term.open(
        name,
        raid.settings.connectMillis(),
        link -> {
          if (!link.isUp()) {
            done.accept("backend " + name + " can't be reached: " + link.why);
            return;
          }
          raid.read.packing(name, true);
          raid.info("packing backend " + name);
          raid.links.call(
              link,
              new Request.Pack(time, true),
              answer -> {
                raid.read.packing(name, false);
                raid.links.close(link, "packed");
                packed(name, answer, left, time, done);
              });
        });
  }

  private void packed(
      BackendName name, Answer answer, List<BackendName> left, double time, Consumer<String> done) {
    switch (answer) {
      case Answer.Lost lost ->
          done.accept("backend " + name + " was lost while it packed: " + lost.why());
      case Answer.Failed failed ->
          done.accept("backend " + name + " could not pack: " + Errors.describe(failed.error()));
      case Answer.Value value -> {
        raid.info("packed backend " + name);
        term.lock.acquire(() ->
            term.takeOver.run(() -> {
              term.lock.release();
              String refusal = left.isEmpty() ? "" : stillAllInSync();
              if (refusal.isEmpty()) {
                next(left, time, done);
              } else {
                done.accept(refusal);
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
