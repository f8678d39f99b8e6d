package io.zeoraid.server.cli;

import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The life of {@code zeoraid serve} within Quarkus. */
@Singleton
@Unremovable
class ServeApplication implements QuarkusApplication {
  private static final Logger LOG = Logger.getLogger(ServeApplication.class);

  /**
   * Quarkus makes the application itself and can hand it nothing but strings. Set once, before it
   * starts.
   */
  static volatile @Nullable ServeOptions options;

  private final StorageServer server;
  private volatile boolean started;

  ServeApplication(StorageServer server) {
    this.server = server;
  }

  @Override
  public int run(String... arguments) {
    ServeOptions now = options;
    if (now == null) {
      throw new IllegalStateException("the application runs without 'zeoraid serve'");
    }
    if (now.config().zeo().controlSsl().isPresent() && !ControlOverTls.inForce()) {
      LOG.error("can't start: the control service came up without TLS; please report this");
      return ExitCode.REFUSED;
    }
    tellAddresses(now);
    try {
      server.start(now);
    } catch (StartException e) {
      LOG.errorf("can't start: %s", e.getMessage());
      LOG.debug("can't start", e);
      return ExitCode.REFUSED;
    }
    started = true;
    Quarkus.waitForExit();
    return ExitCode.OK;
  }

  private static void tellAddresses(ServeOptions now) {
    LOG.infof(
        "the control service listens at %s, health and metrics at %s",
        now.controlText(), now.http());
    if (now.config().zeo().controlSsl().isEmpty() && !ServeAddresses.isLoopback(now.control())) {
      LOG.warnf(
          "the control service at %s has no TLS: whoever reaches it can take backends out. Give"
              + " <zeo> a <control-ssl>, or see to it that only administrators reach it",
          now.control());
    }
  }

  /**
   * The process was told to end. This runs on the thread of the JVM's shutdown hook, which waits
   * for it; the main thread would be cut off.
   */
  void stop(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) ShutdownEvent end) {
    if (started) {
      LOG.info("stopping");
      server.stop();
    }
  }
}
