package io.zeoraid.server.control;

/**
 * Tells whether clients can connect. Every bean of this type is asked by {@code /q/health/ready}.
 */
public interface ListenerProbe {

  /** Why clients can't connect, for people; empty if they can. Never blocks; any thread. */
  String deafness();
}
