package io.zeoraid.server;

import io.zeoraid.config.BackendConfig;
import io.zeoraid.config.ClientBounds;
import io.zeoraid.config.RaidStorageConfig;
import io.zeoraid.config.SslConfig;
import io.zeoraid.config.ZeoSection;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.Settings;
import io.zeoraid.server.backend.BackendTarget;
import io.zeoraid.server.client.ClientBudget;
import io.zeoraid.server.client.ClientLimits;
import io.zeoraid.server.net.tls.Tls;
import io.zeoraid.server.net.tls.TlsException;
import io.zeoraid.server.net.tls.TlsFiles;
import io.zeoraid.server.transaction.SharedDirectory;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** From the words of the configuration to what the parts want to know. Pure. */
final class Wiring {
  /** Once a backend has hung for the whole time-out, a second attempt gets no more than this. */
  private static final long RETRY_MILLIS = 500;

  private static final long CONNECT_MILLIS_AT_MOST = 5000;
  private static final long STALL_MILLIS = 30_000;

  /** So long may locks be held for a transaction if no time-out is configured. */
  private static final long LOCK_MILLIS = 300_000;

  private Wiring() {}

  static Settings settings(
      String server, String address, ZeoSection zeo, RaidStorageConfig storage) {
    SortedSet<BackendName> names = new TreeSet<>();
    storage.backends().forEach(backend -> names.add(new BackendName(backend.name())));
    return new Settings(
        storage.name(),
        server,
        address,
        names,
        Math.min(storage.timeout().toMillis(), CONNECT_MILLIS_AT_MOST),
        Math.min(storage.timeout().toMillis(), RETRY_MILLIS),
        storage.checkInterval().toMillis(),
        storage.heartbeatInterval().toMillis(),
        storage.timeout().toMillis() + STALL_MILLIS,
        storage.timeout().toMillis() + CONNECT_MILLIS_AT_MOST,
        lockMillis(zeo, storage),
        STALL_MILLIS,
        zeo.invalidationQueueSize(),
        storage.autoRecover(),
        storage.recoveryBandwidth(),
        zeo.invalidationAge().map(Duration::toMillis).orElse(0L));
  }

  /**
   * R2.5: at most half of the shortest transaction-timeout of the backends; and no longer than our
   * own.
   */
  static long lockMillis(ZeoSection zeo, RaidStorageConfig storage) {
    long millis = zeo.transactionTimeout().map(Duration::toMillis).orElse(LOCK_MILLIS);
    for (BackendConfig backend : storage.backends()) {
      millis =
          Math.min(millis, backend.transactionTimeout().map(t -> t.toMillis() / 2).orElse(millis));
    }
    return Math.max(1, millis);
  }

  /**
   * Where the backends are.
   *
   * @throws IOException if the files of an {@code <ssl>} can't be used; for people
   */
  static Map<BackendName, BackendTarget> targets(
      ZeoSection zeo, RaidStorageConfig storage, TlsFiles files) throws IOException {
    Map<BackendName, BackendTarget> targets = new LinkedHashMap<>();
    for (BackendConfig backend : storage.backends()) {
      Optional<Tls> tls = tls("<zeoclient " + backend.name() + ">", backend.ssl(), files::client);
      targets.put(
          new BackendName(backend.name()),
          new BackendTarget(
              backend.name(),
              backend.addresses(),
              backend.storage(),
              backend.clientLabel().orElse("zeoraid"),
              zeo.maxMessageSize(),
              storage.timeout().toMillis(),
              storage.pingInterval().toMillis(),
              BackendTarget.Kind.BACKEND,
              tls));
    }
    return targets;
  }

  /** One side of TLS. */
  interface Side {
    Tls of(SslConfig config) throws IOException;
  }

  /**
   * What an {@code <ssl>} section stands for, if there is one.
   *
   * @throws IOException if its files can't be used; names the section
   */
  static Optional<Tls> tls(String section, Optional<SslConfig> config, Side side)
      throws IOException {
    if (config.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(side.of(config.get()));
    } catch (IOException e) {
      throw new TlsException("<ssl> in " + section + ": " + e.getMessage());
    }
  }

  static ClientLimits limits(ZeoSection zeo, RaidStorageConfig storage) {
    return new ClientLimits(
        zeo.msgpack() ? Encoding.MSGPACK : Encoding.PICKLE,
        zeo.maxMessageSize(),
        zeo.clientWriteBuffer(),
        zeo.maxConnections(),
        new TransactionBuffer.Limits(
            storage.transactionMemory(),
            storage.maxTransactionSize(),
            storage.tempDir().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")))),
        2 * storage.timeout().toMillis(),
        zeo.readOnly() || storage.readOnly(),
        zeo.clientConflictResolution(),
        budget(zeo.bounds()));
  }

  /** The directory of a backend in which clients hand over blobs, if they may. */
  static Optional<SharedDirectory> sharedDirectory(RaidStorageConfig storage) {
    return storage.sharedBlobDir() ? storage.blobDir().map(SharedDirectory::new) : Optional.empty();
  }

  private static ClientBudget budget(ClientBounds bounds) {
    return new ClientBudget(
        bounds.maxCalls(),
        bounds.maxCallSize(),
        bounds.totalMemory().orElseGet(() -> Runtime.getRuntime().maxMemory() / 2),
        bounds.handshakeTimeout().toMillis());
  }
}
