package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads transactions that were announced lately: their tids, and how many records each has, are
 * known, so all is asked ahead without waiting for an answer. ({@link HistoryReader} must not ask
 * beyond an end, and waits for each record before it asks for the next one.) Memory is bounded: not
 * much is asked for, or kept, before it is used.
 *
 * <p>If the backend holds something else, because it was packed meanwhile, say, that is {@link
 * Step.Broken} though its connection stands: this reader is of no use then, and another one may do.
 */
final class AheadReader implements History {
  private static final int MOST_ASKED = 64;
  private static final int MOST_KEPT_BYTES = 1 << 20;

  private final Raid raid;
  private final Link link;
  private final Iterator<Map.Entry<Tid, List<Oid>>> known;
  private final Tid last;
  private final long transactions;

  /** What came and was not used yet, in order. */
  private final Deque<Step> steps = new ArrayDeque<>();

  private int asked;
  private long keptBytes;
  private boolean spoilt;
  private @Nullable Consumer<Step> wants;

  /**
   * Begins to read.
   *
   * @param known the transactions that are to be read, without a gap; not empty
   */
  AheadReader(Raid raid, Link link, SortedMap<Tid, List<Oid>> known) {
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
    while (asked < MOST_ASKED && keptBytes < MOST_KEPT_BYTES && known.hasNext() && !spoilt) {
      Map.Entry<Tid, List<Oid>> next = known.next();
      askTransaction(next.getKey(), next.getValue().size());
    }
  }

  private void askTransaction(Tid tid, int count) {
    ask(new Request.IteratorNext(transactions), answer -> header(tid, History.header(answer)));
    long records = link.iterators++;
    ask(new Request.IteratorRecordStart(transactions, tid), this::started);
    for (int i = 0; i < count; i++) {
      ask(
          new Request.IteratorRecordNext(records),
          answer -> record(tid, History.record(answer), false));
    }
    ask(
        new Request.IteratorRecordNext(records),
        answer -> record(tid, History.record(answer), true));
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
