package io.zeoraid.server.cli;

import io.zeoraid.config.Address;
import io.zeoraid.config.ServerConfig;
import java.nio.file.Path;

/**
 * What {@code zeoraid serve} was started with.
 *
 * @param file the configuration file, for reloads
 * @param config what stood in it just now
 * @param control where the control service listens; the command line has overruled the file already
 * @param http where health and metrics are; likewise
 */
public record ServeOptions(Path file, ServerConfig config, Address.Tcp control, Address.Tcp http) {

  /** Where control listens, and how; for people. */
  String controlText() {
    return config.zeo().controlSsl().isPresent() ? control + " with TLS" : control.toString();
  }
}
