package io.zeoraid.raid;

import java.util.SortedSet;

/**
 * A wish of an administrator or the operator. Only the primary changes states, and only if it is
 * safe.
 */
public sealed interface AdminRequest {

  /** Takes a backend out; it stays out until somebody asks for its recovery. */
  record Disable(BackendName backend) implements AdminRequest {}

  /** Brings a backend back in sync. */
  record Recover(BackendName backend) implements AdminRequest {}

  /**
   * The configuration names these backends now.
   *
   * @param lockMillis how long their locks may be held for one transaction, from now on
   */
  record Reload(SortedSet<BackendName> backends, long lockMillis) implements AdminRequest {}

  /**
   * Compares what backends hold, and changes nothing. Refused if they differ.
   *
   * @param backends empty for all that are in sync
   */
  record Verify(SortedSet<BackendName> backends) implements AdminRequest {}

  /**
   * Packs one backend after another.
   *
   * @param secondsSince1970 revisions that were not current then may go
   */
  record Pack(double secondsSince1970) implements AdminRequest {}
}
