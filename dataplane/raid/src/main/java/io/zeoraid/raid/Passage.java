package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import java.util.List;
import java.util.function.Consumer;

/**
 * A transaction on its way through the primary, from its vote to its end, as the one who handed it
 * in sees it: at this server ({@link Commit.Order}), or passed on to another one ({@link
 * Following}).
 */
interface Passage {

  /** How the vote ended. */
  sealed interface Vote {

    /**
     * It holds the locks of all in-sync backends.
     *
     * @param lockMillis so long at most, unless it is finished
     */
    record Accepted(Tid tid, List<Oid> resolved, long lockMillis) implements Vote {}

    record Refused(RemoteError error) implements Vote {}
  }

  /** How the finish ended. */
  sealed interface Finish {

    /** It is committed, and has been announced. */
    record Committed() implements Finish {}

    /** It is not, and never will be under its present tid. */
    record NotCommitted(String why) implements Finish {}
  }

  /**
   * Finishes it, once it was accepted.
   *
   * @param finished told how that ended; never, if the primary is lost first
   */
  void finish(Consumer<Finish> finished);

  /** Gives it up. Nothing more is heard of it. */
  void abort();
}
