package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads transactions that were announced lately: their tids, and how many records each has, are
 * known, so all is asked ahead without waiting for an answer. ({@link HistoryReader} must not ask
 * beyond an end, and waits for each record before it asks for the transaction's next one.) Memory
 * is bounded: not much is asked for, or kept, before it is used.
 *
 * <p>If the backend holds something else, because it was packed meanwhile, say, that is {@link
 * Step.Broken} though its connection stands: this reader is of no use then, and another one may do.
 */
final class AheadReader implements History {
  private static final int MOST_ASKED = 64;
  private static final long MOST_KEPT_BYTES = 1 << 20;

  private final Raid raid;
  private final Link link;
  private final Iterator<Map.Entry<Tid, Integer>> known;
  private final Tid last;
  private final long transactions;

  /** What came and was not used yet, in order. */
  private final Deque<Step> steps = new ArrayDeque<>();

  /** The transaction whose records are being asked for, and how many are left with the end. */
  private Tid asking = Tid.NONE;

  private long records;
  private int left;
  private int asked;
  private long keptBytes;
  private boolean spoilt;
  private @Nullable Consumer<Step> wants;

  /**
   * Begins to read.
   *
   * @param known the transactions that are to be read, without a gap, and how many records each
   *     has; not empty
   */
  AheadReader(Raid raid, Link link, SortedMap<Tid, Integer> known) {
    this.raid = raid;
    this.link = link;
    this.known = known.entrySet().iterator();
    this.last = known.lastKey();
    this.transactions = link.iterators++;
    ask(new Request.IteratorStart(known.firstKey(), last), this::started);
    askMore();
  }

  @Override
  public void nextHeader(Consumer<Step> then) {
    wants = then;
    deliver();
  }

  @Override
  public void nextRecord(Consumer<Step> then) {
    wants = then;
    deliver();
  }

  private void ask(Request request, Consumer<Answer> answered) {
    asked++;
    raid.links.call(
        link,
        request,
        answer -> {
          asked--;
          answered.accept(answer);
        });
  }

  private void askMore() {
    while (asked < MOST_ASKED && keptBytes < MOST_KEPT_BYTES && !spoilt) {
      if (left > 0) {
        askRecord();
      } else if (known.hasNext()) {
        askTransaction(known.next());
      } else {
        return;
      }
    }
  }

  private void askTransaction(Map.Entry<Tid, Integer> next) {
    Tid tid = next.getKey();
    asking = tid;
    left = next.getValue() + 1;
    ask(new Request.IteratorNext(transactions), answer -> header(tid, History.header(answer)));
    records = link.iterators++;
    ask(new Request.IteratorRecordStart(transactions, tid), this::started);
  }

  private void askRecord() {
    Tid tid = asking;
    left--;
    boolean isLast = left == 0;
    ask(
        new Request.IteratorRecordNext(records),
        answer -> record(tid, History.record(answer), isLast));
  }

  private void started(Answer answer) {
    if (!(answer instanceof Answer.Value)) {
      add(History.broken(answer));
    }
  }

  private void header(Tid tid, Step step) {
    boolean asExpected = step instanceof Step.Header(var header) && header.tid().equals(tid);
    add(
        asExpected || step instanceof Step.Broken
            ? step
            : new Step.Broken("where " + tid + " was expected is " + step));
  }

  private void record(Tid tid, Step step, boolean isLast) {
    boolean asExpected = isLast ? step.equals(END) : step instanceof Step.Data;
    add(
        asExpected || step instanceof Step.Broken
            ? step
            : new Step.Broken(tid + " does not have as many records as were announced"));
    if (isLast && tid.equals(last)) {
      add(END);
    }
  }

  private void add(Step step) {
    if (spoilt) {
      return;
    }
    spoilt = step instanceof Step.Broken;
    steps.add(step);
    keptBytes += bytes(step);
    deliver();
  }

  private static long bytes(Step step) {
    return step instanceof Step.Data(DataRecord record) && record.data() != null
        ? record.data().length
        : 0;
  }

  private void deliver() {
    Consumer<Step> wanting = wants;
    if (wanting != null && !steps.isEmpty()) {
      wants = null;
      Step step = steps.remove();
      keptBytes -= bytes(step);
      askMore();
      raid.later(() -> wanting.accept(step));
    }
  }
}
