package io.zeoraid.raid;

import io.zeoraid.protocol.RemoteError;
import org.jspecify.annotations.Nullable;

/**
 * What became of a call to a backend. Never fold "lost" into "failed": a lost call may have been
 * carried out (F7).
 */
sealed interface Answer {

  /** The backend answered. */
  record Value(@Nullable Object value) implements Answer {}

  /** The backend answered with an exception. */
  record Failed(RemoteError error) implements Answer {}

  /** The connection was lost before an answer came. */
  record Lost(String why, boolean hung) implements Answer {}
}
