package io.zeoraid.raid;

import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.OutReason;
import io.zeoraid.raid.status.RecoveryProgress;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * R6: the recovery of one backend. It becomes Recovering; its last transaction must be in the
 * source with the same content; what is later and announced is copied in order ({@link Copying}).
 * When it is nearly level, new commits are held, the rest is copied, and if its exact last tid is
 * the RAID's last, it becomes in sync on the unbroken connection.
 */
final class Recovery {
  /** A round that copied no more than this, and quickly, shows that the backend is nearly level. */
  private static final long NEARLY = 100;

  private static final long QUICKLY_MILLIS = 1000;

  /** Copying must be that much faster than commits, else they are slowed down. */
  private static final int TIMES_FASTER = 2;

  /** So long commits are let go, and then, if need be, held for as long again, or longer. */
  private static final long PACE_MILLIS = 200;

  /** But never longer than this. */
  private static final long LONGEST_HOLD_MILLIS = 2000;

  /** How a recovery ended. */
  sealed interface End {
    record InSync() implements End {}

    /** It did not work out now, for this reason; to be tried again. */
    record Later(String why) implements End {}

    /**
     * It can't work out as things are.
     *
     * @param needsAPerson whether it must not be tried again unasked
     */
    record Out(BackendState.Out state, boolean needsAPerson) implements End {}
  }

  private final Term term;
  private final Raid raid;
  private final BackendName target;
  private final BiConsumer<BackendName, End> done;
  private final Scope scope;
  private final RecoveryMeter meter;
  private final Pace pace;
  private @Nullable Link targetLink;
  private @Nullable Link measuring;
  private Tid level = Tid.NONE;
  private boolean takingIn;
  private boolean locked;
  private long holdTimer;
  private long copiedBefore;
  private long committedBefore;

  Recovery(Term term, BackendName target, BiConsumer<BackendName, End> done) {
    this.term = term;
    this.raid = term.raid;
    this.scope = term.scope.inner();
    this.target = target;
    this.done = done;
    this.meter = new RecoveryMeter(raid);
    this.pace = new PaceOfPhase();
  }

  BackendName target() {
    return target;
  }

  boolean isTakingIn() {
    return takingIn;
  }

  RecoveryProgress progress() {
    return meter.progress(level);
  }

  void begin() {
    targetLink = term.open(target, raid.settings.connectMillis(), scope.guard(this::opened));
  }

  private void opened(Link link) {
    if (!link.isUp()) {
      end(
          isWanted()
              ? new End.Out(new BackendState.Out(OutReason.FAILED, link.why), false)
              : new End.Later(link.why));
      return;
    }
    level = link.seen;
    if (term.record().backends().get(target) instanceof BackendState.Recovering) {
      compare();
      return;
    }
    term.change(
        record ->
            record.backends().get(target) instanceof BackendState.Out
                ? Optional.of(record.with(Map.of(target, BackendState.RECOVERING)))
                : Optional.empty(),
        scope.<Boolean>guard(made -> {
          if (made) {
            compare();
          } else {
            end(new End.Later(""));
          }
        }));
  }

  private boolean isWanted() {
    return term.record().backends().get(target) instanceof BackendState.Recovering;
  }

  /** An in-sync backend to copy from. */
  private @Nullable BackendName source() {
    for (BackendName name : term.record().inSync()) {
      if (term.office.link(name) != null) {
        return name;
      }
    }
    return null;
  }

  private void compare() {
    BackendName source = source();
    if (source == null) {
      end(new End.Later("no backend in sync is connected"));
    } else if (level.equals(Tid.NONE)) {
      measure(source);
    } else {
      Contents.compare(
          raid,
          source,
          target,
          level,
          scope.<Contents.Comparison>guard(comparison -> {
            switch (comparison) {
              case Contents.Comparison.Same same -> measure(source);
              case Contents.Comparison.Unknown unknown ->
                  end(
                      new End.Later(
                          "its last transaction can't be compared with "
                              + source
                              + "'s: "
                              + unknown.why()));
              case Contents.Comparison.Different different -> different(source);
            }
          }));
    }
  }

  private void different(BackendName source) {
    if (term.commit.isFinishing(level)) {
      end(new End.Later(""));
      return;
    }
    end(
        new End.Out(
            new BackendState.Out(
                OutReason.DIVERGED,
                "its last transaction "
                    + level
                    + " is not in the log of "
                    + source
                    + "; it needs a fresh volume"),
            true));
  }

  /** The sizes of both tell how much there is to do. */
  private void measure(BackendName source) {
    Link mine = targetLink;
    if (mine == null) {
      throw new IllegalStateException("no connection to " + target);
    }
    measuring =
        term.open(
            source,
            raid.settings.connectMillis(),
            scope.<Link>guard(link -> {
              if (!link.isUp()) {
                end(new End.Later(link.why));
                return;
              }
              size(
                  link,
                  sourceSize ->
                      size(
                          mine,
                          targetSize -> {
                            raid.links.close(link, "measured");
                            meter.begin(sourceSize - targetSize);
                            raid.info(
                                "recovery of "
                                    + target
                                    + " from "
                                    + source
                                    + " begins after "
                                    + level
                                    + ", about "
                                    + Math.max(0, sourceSize - targetSize)
                                    + " bytes to copy");
                            pace();
                            copy();
                          }));
            }));
  }

  private void size(Link link, LongConsumer then) {
    raid.links.call(
        link,
        new Request.GetInfo(),
        scope.<Answer>guard(answer -> {
          if (answer instanceof Answer.Value(Object value)) {
            try {
              Object size = Results.info(value).get("size");
              then.accept(size instanceof Long bytes ? bytes : 0);
              return;
            } catch (ProtocolException e) {
              raid.warn("get_info: " + e.getMessage());
            }
          }
          raid.links.close(link, "it does not tell its size");
          end(new End.Later("a backend does not tell its size"));
        }));
  }

  /**
   * Copies what is announced by now; then again what came meanwhile; then, nearly level, with
   * commits held.
   */
  private void copy() {
    if (!isWanted()) {
      end(new End.Later(""));
      return;
    }
    long before = meter.transactions();
    long began = raid.now.millis();
    copyUpTo(
        raid.announcements.last(),
        () -> {
          boolean nearly =
              meter.transactions() - before <= NEARLY
                  && raid.now.millis() - began <= QUICKLY_MILLIS;
          Link link = targetLink;
          if (!raid.keeps(Safeguard.HOLD_COMMITS) && link != null) {
            takeIn(link);
          } else if (nearly) {
            term.lock.acquire(this::holdingCommits);
          } else {
            copy();
          }
        });
  }

  /**
   * Commits that come about as fast as they can be copied would keep the recovery behind for ever.
   * While they do, they are slowed down: let go for a moment, then held until copying was twice as
   * fast.
   */
  private void pace() {
    copiedBefore = meter.transactions();
    committedBefore = raid.announcements.count();
    term.after(
        PACE_MILLIS,
        scope.guard(() -> {
          if (isFast()) {
            pace();
          } else {
            term.lock.acquire(() -> hold(PACE_MILLIS));
          }
        }));
  }

  private boolean isFast() {
    long copied = meter.transactions() - copiedBefore;
    long committed = raid.announcements.count() - committedBefore;
    return copied >= TIMES_FASTER * committed;
  }

  /** Commits are held; at the end it was as many milliseconds. */
  private void hold(long millis) {
    if (scope.isOver() || locked) {
      term.lock.release();
      return;
    }
    term.after(
        PACE_MILLIS,
        () -> {
          if (isFast() || millis >= LONGEST_HOLD_MILLIS) {
            term.lock.release();
            scope.guard(this::pace).run();
          } else {
            hold(millis + PACE_MILLIS);
          }
        });
  }

  private void copyUpTo(Tid goal, Runnable then) {
    Link to = targetLink;
    BackendName source = source();
    if (to == null || source == null) {
      end(new End.Later("no backend in sync is connected"));
      return;
    }
    if (level.equals(goal)) {
      then.run();
      return;
    }
    Copying copying =
        new Copying(
            term,
            to,
            level,
            goal,
            meter,
            this::isWanted,
            scope.<Copying.End>guard(end -> {
              switch (end) {
                case Copying.End.Level reached -> {
                  level = reached.last();
                  then.run();
                }
                case Copying.End.Broken broken -> {
                  raid.warn("recovery of " + target + " stopped: " + broken.why());
                  end(new End.Later(broken.why()));
                }
              }
            }),
            this::reached,
            pace);
    copying.begin(source);
  }

  /** While commits are held nothing else is waited for. */
  private final class PaceOfPhase implements Pace {
    private final Bandwidth bandwidth = new Bandwidth(raid.settings.recoveryBytesPerSecond());

    @Override
    public long bytesPerSecond() {
      return locked ? 0 : bandwidth.bytesPerSecond();
    }

    @Override
    public long spend(long bytes, long nowMillis) {
      return locked ? 0 : bandwidth.spend(bytes, nowMillis);
    }
  }

  /** The target confirmed this transaction. */
  private void reached(Tid tid) {
    level = tid;
    if (locked) {
      beginHolding();
    }
  }

  private void beginHolding() {
    raid.cancel(holdTimer);
    holdTimer = term.after(raid.settings.voteMillis(), scope.guard(this::heldTooLong));
  }

  private void holdingCommits() {
    if (scope.isOver()) {
      term.lock.release();
      return;
    }
    locked = true;
    beginHolding();
    if (!isWanted() || !term.office.serving) {
      end(new End.Later(""));
      return;
    }
    copyUpTo(term.office.last, this::checkLevel);
  }

  /**
   * A target that hangs, or whose lock somebody else holds, must not hold up commits for ever. What
   * was copied stays; the next attempt has less to do.
   */
  private void heldTooLong() {
    if (!takingIn) {
      raid.warn(
          "recovery of "
              + target
              + ": no progress for "
              + raid.settings.voteMillis()
              + " ms while commits were held; they go on, and it is tried again");
      end(new End.Later(""));
    }
  }

  /** Level means: the target's exact last tid is the RAID's last. */
  private void checkLevel() {
    Link link = targetLink;
    if (link == null) {
      throw new IllegalStateException("no connection to " + target);
    }
    Tid tid = term.chooseTid(term.office.last);
    Ballot.cast(
        raid,
        link,
        Transaction.EMPTY,
        tid,
        scope.<Ballot.Vote>guard(vote -> {
          term.commit.abortOn(link, Transaction.EMPTY);
          if (vote instanceof Ballot.Vote.Voted voted && voted.exact().equals(term.office.last)) {
            takeIn(link);
          } else {
            raid.warn(
                "recovery of "
                    + target
                    + ": expected to be level at "
                    + term.office.last
                    + ", but: "
                    + vote);
            end(new End.Later(""));
          }
        }));
  }

  private void takeIn(Link link) {
    takingIn = true;
    term.change(
        record ->
            link.isUp()
                    && term.office.serving
                    && record.backends().get(target) instanceof BackendState.Recovering
                ? Optional.of(record.with(Map.of(target, BackendState.IN_SYNC)))
                : Optional.empty(),
        made -> {
          takingIn = false;
          if (made) {
            targetLink = null;
            term.office.adopt(link);
            raid.info("recovery of " + target + " is complete: " + meter.summary());
            end(new End.InSync());
          } else {
            end(new End.Later(""));
          }
        });
  }

  private void end(End end) {
    scope.end();
    raid.links.close(targetLink, "the recovery has ended");
    raid.links.close(measuring, "the recovery has ended");
    targetLink = null;
    if (locked) {
      raid.cancel(holdTimer);
      locked = false;
      term.lock.release();
    }
    done.accept(target, end);
  }
}
