package io.zeoraid.server.storage;

import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.raid.Effect;
import io.zeoraid.server.client.StorageSession;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** The blobs that clients are sent, one at a time to each. Confined to the event loop. */
final class BlobsForClients {
  private final BackendConnections backends;
  private final BiConsumer<StorageSession, ServerMessage> tell;

  /** The last one, by the number of the session. */
  private final Map<Long, BlobForClient> blobs = new HashMap<>();

  BlobsForClients(BackendConnections backends, BiConsumer<StorageSession, ServerMessage> tell) {
    this.backends = backends;
    this.tell = tell;
  }

  void pass(Effect.PassBlob pass, StorageSession client) {
    BlobForClient blob = blobs.get(pass.session());
    if (blob == null || !blob.isFor(pass.request())) {
      blob = new BlobForClient(client, tell, pass.request(), pass.blob());
      blobs.put(pass.session(), blob);
    }
    backends.pass(pass, blob);
  }

  void left(StorageSession client) {
    blobs.remove(client.number());
  }
}
