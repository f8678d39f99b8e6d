package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.TransactionHeader;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * R6: copies transactions from an in-sync backend to the one that is recovered: in order, with
 * metadata, back-pointers and deletions; each finish only if the target's exact last tid is the
 * expected predecessor. The source is read ahead while the target votes, and the next transaction
 * follows a finish without waiting for its confirmation. Memory is bounded: after some megabytes
 * the target must have caught up before more is read.
 */
final class Copying {
  private static final long UNCONFIRMED_BYTES = 4 << 20;

  /** What a record costs on the wire beside its data. */
  private static final long RECORD_BYTES = 60;

  /** How it ended. */
  sealed interface End {
    /** The target's last transaction is this one, which was the goal. */
    record Level(Tid last) implements End {}

    record Broken(String why) implements End {}
  }

  private final Term term;
  private final Raid raid;
  private final Link target;
  private final Tid goal;
  private final RecoveryMeter meter;
  private final BooleanSupplier wanted;
  private final Consumer<End> done;
  private final Consumer<Tid> confirmed;
  private final Pace pace;
  private final Scope scope;

  private @Nullable Link source;
  private @Nullable History reader;
  private @Nullable BlobRecords blobs;
  private boolean readsAhead;
  private Tid expected;
  private long transaction;
  private long unconfirmed;
  private long size;
  private int finishesUnderway;
  private boolean atGoal;
  private boolean mayReadAhead = true;

  /**
   * @param wanted whether to go on
   * @param confirmed told of each transaction that the target has confirmed
   * @param pace how fast it may be
   */
  Copying(
      Term term,
      Link target,
      Tid from,
      Tid goal,
      RecoveryMeter meter,
      BooleanSupplier wanted,
      Consumer<End> done,
      Consumer<Tid> confirmed,
      Pace pace) {
    this.term = term;
    this.raid = term.raid;
    this.scope = term.scope.inner();
    this.target = target;
    this.goal = goal;
    this.meter = meter;
    this.wanted = wanted;
    this.done = done;
    this.confirmed = confirmed;
    this.pace = pace;
    this.expected = from;
  }

  void begin(BackendName sourceName) {
    source =
        term.open(
            sourceName,
            raid.settings.connectMillis(),
            scope.<Link>guard(link -> {
              if (!link.isUp()) {
                end(new End.Broken("source " + sourceName + ": " + link.why));
                return;
              }
              History opened = history(link);
              reader = opened;
              opened.nextHeader(scope.guard(this::header));
            }));
  }

  /**
   * What follows the target's last transaction; if all of that was announced lately, read ahead.
   */
  private History history(Link link) {
    SortedMap<Tid, Integer> known =
        mayReadAhead && !expected.equals(Tid.NONE)
            ? raid.announcements.between(expected, goal).orElseGet(TreeMap::new)
            : new TreeMap<>();
    readsAhead = !known.isEmpty() && known.lastKey().equals(goal);
    if (readsAhead) {
      return new AheadReader(raid, link, known);
    }
    HistoryReader plain = new HistoryReader(raid, link);
    plain.start(expected.equals(Tid.NONE) ? null : expected.next(), goal);
    return plain;
  }

  /** The source is not open any more, or does not have what was expected. */
  private void sourceFails(String why) {
    Link link = source;
    if (!readsAhead || link == null || !link.isUp()) {
      end(new End.Broken("source: " + why));
      return;
    }
    raid.info("recovery of " + target.backend + ": " + why + "; its history is read step by step");
    mayReadAhead = false;
    raid.links.close(link, why);
    raid.links.call(target, new Request.TpcAbort(transaction), answer -> {});
    begin(link.backend);
  }

  private History reader() {
    History open = reader;
    if (open == null) {
      throw new IllegalStateException("the source is not open");
    }
    return open;
  }

  private Link source() {
    Link open = source;
    if (open == null) {
      throw new IllegalStateException("the source is not open");
    }
    return open;
  }

  private BlobRecords blobs() {
    BlobRecords those = blobs;
    if (those == null) {
      throw new IllegalStateException("no transaction is being copied");
    }
    return those;
  }

  private void header(History.Step step) {
    switch (step) {
      case History.Step.Header(TransactionHeader header) -> copy(header);
      case History.Step.End end -> {
        if (expected.equals(goal)) {
          atGoal = true;
          endIfConfirmed();
        } else {
          end(new End.Broken("the source ends at " + expected + ", expected " + goal));
        }
      }
      case History.Step.Broken(String why) -> sourceFails(why);
      case History.Step.Data data -> throw new IllegalStateException("a record, not a header");
    }
  }

  private void copy(TransactionHeader header) {
    if (!wanted.getAsBoolean()) {
      end(new End.Broken("it is not wanted any more"));
      return;
    }
    transaction = raid.newNumber();
    size = 0;
    blobs =
        new BlobRecords(
            raid,
            scope,
            source(),
            target,
            transaction,
            pace,
            this::restore,
            why -> end(new End.Broken("a blob: " + why)));
    raid.links.send(
        target,
        new Request.TpcBegin(
            transaction,
            header.user(),
            header.description(),
            header.extension(),
            header.tid(),
            header.status()));
    reader().nextRecord(scope.guard(next -> record(header.tid(), next)));
  }

  private void record(Tid tid, History.Step step) {
    switch (step) {
      case History.Step.Data(DataRecord record) -> {
        if (BlobRecords.isBlob(record)) {
          blobs().add(record);
        } else {
          blobs().superseded(record.oid());
          restore(record);
        }
        throttle(() ->
            pause(size(record), () -> reader().nextRecord(scope.guard(next -> record(tid, next)))));
      }
      case History.Step.End end -> blobs().copy(() -> vote(tid));
      case History.Step.Broken(String why) -> sourceFails(why);
      case History.Step.Header header -> throw new IllegalStateException("a header, not a record");
    }
  }

  private void restore(DataRecord record) {
    byte[] data = record.data();
    long length = data == null ? 0 : data.length;
    size += length;
    unconfirmed += length;
    raid.links.send(
        target,
        new Request.Restore(record.oid(), record.tid(), data, record.dataTid(), transaction));
  }

  private static long size(DataRecord record) {
    byte[] data = record.data();
    return RECORD_BYTES + (data == null ? 0 : data.length);
  }

  /** Keeps to the bandwidth. */
  private void pause(long bytes, Runnable then) {
    long millis = pace.spend(bytes, raid.now.millis());
    if (millis == 0) {
      then.run();
    } else {
      term.after(millis, scope.guard(then));
    }
  }

  /** A ping is answered when all that was sent before has been taken in. */
  private void throttle(Runnable then) {
    if (unconfirmed < UNCONFIRMED_BYTES) {
      then.run();
      return;
    }
    unconfirmed = 0;
    raid.links.call(
        target,
        new Request.Ping(),
        scope.<Answer>guard(answer -> {
          if (answer instanceof Answer.Lost lost) {
            end(new End.Broken("target: " + lost.why()));
          } else {
            then.run();
          }
        }));
  }

  private void vote(Tid tid) {
    long waits =
        term.after(
            raid.settings.voteMillis() + size / Voting.BYTES_PER_MILLI,
            scope.guard(() -> end(new End.Broken("target: somebody else holds its commit lock"))));
    Ballot.close(
        raid,
        target,
        transaction,
        scope.<Ballot.Vote>guard(vote -> {
          raid.cancel(waits);
          voted(tid, vote);
        }));
  }

  private void voted(Tid tid, Ballot.Vote vote) {
    switch (vote) {
      case Ballot.Vote.Voted voted -> {
        if (voted.exact().equals(expected) || !raid.keeps(Safeguard.PREDECESSOR)) {
          finish(tid);
        } else {
          end(
              new End.Broken(
                  "target: its last transaction is " + voted.exact() + ", expected " + expected));
        }
      }
      case Ballot.Vote.Refused refused ->
          end(
              new End.Broken(
                  "target: it can't store " + tid + ": " + Errors.describe(refused.error())));
      case Ballot.Vote.Lost lost -> end(new End.Broken("target: " + lost.why()));
    }
  }

  private void finish(Tid tid) {
    expected = tid;
    unconfirmed = 0;
    finishesUnderway++;
    long copied = size;
    raid.links.call(
        target,
        new Request.TpcFinish(transaction),
        scope.<Answer>guard(answer -> {
          finishesUnderway--;
          if (TakeOver.finished(answer).filter(tid::equals).isEmpty()) {
            end(new End.Broken("target: it did not confirm " + tid + ": " + answer));
            return;
          }
          raid.links.committed(target, tid);
          meter.copied(copied);
          confirmed.accept(tid);
          endIfConfirmed();
        }));
    reader().nextHeader(scope.guard(this::header));
  }

  private void endIfConfirmed() {
    if (atGoal && finishesUnderway == 0) {
      end(new End.Level(goal));
    }
  }

  private void end(End end) {
    scope.end();
    raid.links.close(source, "copied");
    done.accept(end);
  }
}
