package io.zeoraid.server.backend;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import java.util.List;
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

  /** A transaction of somebody else; from a backend's {@code restorea} without oids (F5). */
  void invalidated(Tid tid, List<Oid> oids);

  /** Another ZEORaid server, which is followed, says which backends are in sync. */
  void viewed(long epoch, List<String> inSync, String trouble);

  /**
   * What the backend says about itself: {@code length}, {@code size}, {@code name}, {@code
   * interfaces}, ...
   */
  void info(Map<String, @Nullable Object> info);

  /**
   * What {@link #info} has told was not asked for and does not come with a commit of this
   * connection: the backend was packed ({@code ZEO/StorageServer.py}, _pack_impl), and tells all.
   */
  void packed();
}
