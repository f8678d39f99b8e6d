package io.zeoraid.server.control;

import java.util.concurrent.CompletionStage;

/**
 * Tells whether an event loop still turns. Every bean of this type is asked by {@code
 * /q/health/live}; one that doesn't answer in time makes the process count as dead, and Kubernetes
 * restarts it.
 */
public interface EventLoopProbe {

  /** What is probed, for people: {@code event loop of storage 1}. */
  String name();

  /** Ends when the loop has come round. Never blocks; any thread. */
  CompletionStage<?> turn();
}
