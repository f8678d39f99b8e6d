package io.zeoraid.server.backend;

import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hears what a connection to a backend has to tell, in the order in which it happened, on the event
 * loop.
 */
public interface BackendListener {

  /** The connection stands and is registered; the storage's last tid was this one. */
  void opened(Tid lastTid);

  /** It could not be opened, broke, or was given up. The last word of a connection. */
  void lost(String why, boolean hung);

  void replied(long call, @Nullable Object value);

  void failed(long call, RemoteError error);

  void invalidated(Tid tid);

  /**
   * What the backend says about itself: {@code length}, {@code size}, {@code name}, {@code
   * interfaces}, ...
   */
  void info(Map<String, @Nullable Object> info);
}
