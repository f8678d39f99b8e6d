package io.zeoraid.server;

import io.zeoraid.config.BackendConfig;
import io.zeoraid.config.RaidStorageConfig;
import io.zeoraid.config.ServerConfig;
import io.zeoraid.server.cli.StartException;

/**
 * What a configuration may ask for and this server cannot do yet: refused rather than left out in
 * silence.
 */
final class Unsupported {
  private Unsupported() {}

  static void check(ServerConfig config) throws StartException {
    if (config.zeo().ssl().isPresent()) {
      throw new StartException(
          "<ssl> in <zeo>: TLS is not supported yet; clients would be served in the clear");
    }
    if (config.zeo().clientConflictResolution()) {
      throw new StartException(
          "client-conflict-resolution in <zeo> is not supported yet; the backends resolve conflicts");
    }
    for (RaidStorageConfig storage : config.storages()) {
      for (BackendConfig backend : storage.backends()) {
        if (backend.ssl().isPresent()) {
          throw new StartException(
              "<ssl> in <zeoclient " + backend.name() + ">: TLS is not supported yet");
        }
      }
    }
  }
}
