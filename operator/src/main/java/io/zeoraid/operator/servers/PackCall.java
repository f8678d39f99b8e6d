package io.zeoraid.operator.servers;

import io.zeoraid.operator.plan.PackSchedule.Heard;

/** A pack that a server was asked for, as long as it is listened to. Threads: any. */
public interface PackCall {
  /** Who was asked. */
  Address server();

  /** What the server has said last; never {@link Heard.Nothing}. */
  Heard heard();

  /** Stops listening, which does not stop the pack. */
  void leave();
}
