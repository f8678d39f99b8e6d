package io.zeoraid.server.cli;

import io.quarkus.runtime.Quarkus;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves within Quarkus, which brings the control service, health and metrics. They are told their
 * addresses by system properties, because they start before any code of ours.
 */
final class QuarkusServe implements ServeRunner {

  @Override
  public int serve(ServeOptions options) throws StartException {
    // Quarkus would say it too, with two stack traces.
    ServeAddresses.requireFree("control", options.control());
    ServeAddresses.requireFree("http", options.http());
    if (options.config().zeo().controlSsl().isPresent()) {
      ControlOverTls.use(options.config().zeo().controlSsl().get());
    }
    QuarkusSettings.of(options).forEach(System::setProperty);
    ServeApplication.options = options;
    var exitCode = new AtomicInteger(ExitCode.REFUSED);
    Quarkus.run(
        ServeApplication.class,
        (code, failure) -> {
          exitCode.set(code);
          if (failure != null) {
            tell(failure);
          }
        });
    return exitCode.get();
  }

  /** A defect: Quarkus has closed its log by now, and leaves it to us to say what it was. */
  private static void tell(Throwable failure) {
    System.err.println("zeoraid: the server failed; please report this:");
    failure.printStackTrace();
  }
}
