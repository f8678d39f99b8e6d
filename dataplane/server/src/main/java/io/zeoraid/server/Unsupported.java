package io.zeoraid.server;

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
    if (config.zeo().clientConflictResolution()) {
      throw new StartException(
          "client-conflict-resolution in <zeo> is not supported yet; the backends resolve conflicts");
    }
    if (config.zeo().invalidationAge().isPresent()) {
      LOG.warn(
          "invalidation-age has no effect yet: a client that was away for longer than the queue"
              + " reaches drops its cache");
    }
    for (RaidStorageConfig storage : config.storages()) {
      if (storage.blobDir().isPresent()) {
        LOG.warnf(
            "raidstorage %s: blob-dir has no effect yet: blobs are not supported", storage.name());
      }
    }
  }
}
