package io.zeoraid.server.storage;

import io.zeoraid.server.client.StorageSession;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * What is done for one session concerns no other, nor the decisions: if it throws, the session is
 * dropped, because it may have missed something, and all others are served on. Confined to the
 * event loop.
 */
final class SessionGuard {
  private static final Logger LOG = Logger.getLogger(SessionGuard.class);

  private final String storage;

  SessionGuard(String storage) {
    this.storage = storage;
  }

  /**
   * Does this for the session; never throws. An Error, too, is this session's alone: a long reply
   * may find no memory.
   */
  void run(StorageSession session, Consumer<? super StorageSession> effect) {
    try {
      effect.accept(session);
    } catch (RuntimeException | Error e) {
      LOG.errorf(e, "storage %s: defect in the handling of session %d", storage, session.number());
      drop(session);
    }
  }

  /** At once, so that it is sent nothing that comes after what it has missed. */
  private void drop(StorageSession session) {
    try {
      session.drop("a defect of this server");
    } catch (RuntimeException | Error e) {
      LOG.errorf(e, "storage %s: session %d can't be dropped", storage, session.number());
    }
  }
}
