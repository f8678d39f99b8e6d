package io.zeoraid.bench.generator;

import io.zeoraid.protocol.Tid;
import org.jspecify.annotations.Nullable;

/** One client of a measurement. Confined to the event loop. */
abstract class Worker implements Connection.Client {
  private final Generator.Run run;
  private @Nullable Connection connection;

  Worker(Generator.Run run) {
    this.run = run;
  }

  /** Asks for what it needs, then calls {@link #prepared}. */
  abstract void prepare(Tid last);

  /** Starts to work: all clients are prepared. */
  abstract void begin();

  @Override
  public final void ready(Connection ready, Tid last) {
    connection = ready;
    prepare(last);
  }

  @Override
  public final void failed(String why) {
    run.failed(why);
  }

  final Connection connection() {
    Connection known = connection;
    if (known == null) {
      throw new IllegalStateException("not connected yet");
    }
    return known;
  }

  final Workload workload() {
    return run.workload();
  }

  final void prepared() {
    run.prepared();
  }

  /** An operation begins. */
  final void started() {
    run.started();
  }

  /**
   * An operation has ended.
   *
   * @return whether to begin another one
   */
  final boolean ended(long began) {
    return run.ended(began);
  }
}
