package io.zeoraid.server;

import io.zeoraid.config.RaidStorageConfig;
import io.zeoraid.config.ServerConfig;
import org.jboss.logging.Logger;

/** What a configuration may ask for without an effect: not left out in silence. */
final class Unsupported {
  private static final Logger LOG = Logger.getLogger(Unsupported.class);

  private Unsupported() {}

  static void check(ServerConfig config) {
    for (RaidStorageConfig storage : config.storages()) {
      if (storage.blobDir().isPresent() && !storage.sharedBlobDir()) {
        LOG.warnf(
            "raidstorage %s: blob-dir has no effect without shared-blob-dir yes: blobs on their way are"
                + " in temp-dir",
            storage.name());
      }
    }
  }
}
