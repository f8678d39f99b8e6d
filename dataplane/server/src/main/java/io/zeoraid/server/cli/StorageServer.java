package io.zeoraid.server.cli;

/**
 * The ZEO server itself, as {@code zeoraid serve} sees it. There is one bean of this type.
 *
 * <p>Each method is called once at most, {@code start} on the main thread and {@code stop} on
 * another one, which may be the JVM's shutdown hook.
 */
public interface StorageServer {

  /**
   * Begins to serve, and logs the notices of the configuration. Returns when clients can connect,
   * or when that only waits for something that may come by itself (a backend, the record store).
   * Control, health and metrics answer already.
   *
   * @throws StartException if it never can; nothing is left open
   */
  void start(ServeOptions options) throws StartException;

  /**
   * Ends what {@link #start} began: no new clients, connections closed, the office laid down.
   * Returns when done, and the process ends only then; the control service answers meanwhile. Not
   * called if {@code start} has thrown.
   */
  void stop();
}
