package io.zeoraid.server;

import io.zeoraid.config.BackendConfig;
import io.zeoraid.config.RaidStorageConfig;
import io.zeoraid.config.ServerConfig;
import io.zeoraid.server.cli.StartException;
import org.jboss.logging.Logger;

/**
 * What a configuration may ask for and this server cannot do yet: refused rather than left out in
 * silence.
 */
final class Unsupported {
  private static final Logger LOG = Logger.getLogger(Unsupported.class);

  private Unsupported() {}

  static void check(ServerConfig config) throws StartException {
    if (config.zeo().ssl().isPresent()) {
      throw new StartException(
          "<ssl> in <zeo>: TLS is not supported yet; clients would be served in the clear");
    }
    for (RaidStorageConfig storage : config.storages()) {
      if (storage.blobDir().isPresent()) {
        LOG.warnf(
            "raidstorage %s: blob-dir has no effect yet: blobs on their way are in temp-dir, and no"
                + " directory is shared with clients",
            storage.name());
      }
      for (BackendConfig backend : storage.backends()) {
        if (backend.ssl().isPresent()) {
          throw new StartException(
              "<ssl> in <zeoclient " + backend.name() + ">: TLS is not supported yet");
        }
      }
    }
  }
}
