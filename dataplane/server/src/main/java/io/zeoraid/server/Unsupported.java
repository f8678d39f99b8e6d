package io.zeoraid.server;

import io.zeoraid.config.RaidStorageConfig;
import io.zeoraid.config.ServerConfig;
import org.jboss.logging.Logger;

/** What a configuration may ask for and this server cannot do yet: not left out in silence. */
final class Unsupported {
  private static final Logger LOG = Logger.getLogger(Unsupported.class);

  private Unsupported() {}

  static void check(ServerConfig config) {
    for (RaidStorageConfig storage : config.storages()) {
      if (storage.blobDir().isPresent()) {
        LOG.warnf(
            "raidstorage %s: blob-dir has no effect yet: blobs on their way are in temp-dir, and no"
                + " directory is shared with clients",
            storage.name());
      }
    }
  }
}
