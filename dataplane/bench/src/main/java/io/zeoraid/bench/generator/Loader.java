package io.zeoraid.bench.generator;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A client that loads random objects, a window of them at a time, and looks at each answer. Where
 * they are to be hot, it begins by loading each. Confined to the event loop.
 */
final class Loader extends Worker {
  private final SplittableRandom random;
  private final long[] began;
  private final Oid[] asked;
  private final boolean hot;
  private int heated;
  private Tid before = Tid.NONE;

  Loader(Generator.Run run, int index) {
    super(run);
    random = new SplittableRandom(index);
    int window = run.workload().window();
    began = new long[window];
    asked = new Oid[window];
    hot = run.workload().kind() == Workload.Kind.HOT_LOAD;
  }

  @Override
  void prepare(Tid last) {
    // As ZODB's connections do it (ZODB/mvccadapter.py).
    before = last.next();
    if (hot) {
      heat();
    } else {
      prepared();
    }
  }

  /** Loads the next object that was not loaded yet. */
  private void heat() {
    asked[0] = new Oid(1L + heated);
    connection().send(Connection.FIRST_CALL, new Request.LoadBefore(asked[0], before));
  }

  @Override
  void begin() {
    for (int slot = 0; slot < began.length; slot++) {
      load(slot);
    }
  }

  /** The number of the call is its place in the window. */
  private void load(int slot) {
    Oid oid = new Oid(1 + random.nextInt(hot ? Records.HOT_COUNT : Records.COUNT));
    asked[slot] = oid;
    began[slot] = System.nanoTime();
    started();
    connection().send(Connection.FIRST_CALL + slot, new Request.LoadBefore(oid, before));
  }

  @Override
  public void replied(long call, @Nullable Object value) {
    int slot = (int) (call - Connection.FIRST_CALL);
    String fault = Records.fault(asked[slot], Results.loaded(value));
    if (fault != null) {
      failed(fault);
    } else if (hot && heated < Records.HOT_COUNT) {
      heated++;
      if (heated < Records.HOT_COUNT) {
        heat();
      } else {
        prepared();
      }
    } else if (ended(began[slot])) {
      load(slot);
    }
  }
}
