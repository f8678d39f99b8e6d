package io.zeoraid.server;

import io.zeoraid.config.Address;
import io.zeoraid.config.ConfigException;
import io.zeoraid.config.MembershipPlace;
import io.zeoraid.config.RaidStorageConfig;
import io.zeoraid.config.ServerConfig;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.backend.BackendTarget;
import io.zeoraid.server.cli.ServeOptions;
import io.zeoraid.server.cli.StartException;
import io.zeoraid.server.cli.StorageServer;
import io.zeoraid.server.client.Acceptor;
import io.zeoraid.server.client.ClientLimits;
import io.zeoraid.server.client.StorageFront;
import io.zeoraid.server.client.Storages;
import io.zeoraid.server.control.EventLoopProbe;
import io.zeoraid.server.control.ListenerProbe;
import io.zeoraid.server.control.PackWish;
import io.zeoraid.server.control.RaidControl;
import io.zeoraid.server.control.RefusedException;
import io.zeoraid.server.control.ServerMeters;
import io.zeoraid.server.control.StorageMeters;
import io.zeoraid.server.membership.MembershipStore;
import io.zeoraid.server.membership.MembershipStores;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.Sockets;
import io.zeoraid.server.net.tls.Tls;
import io.zeoraid.server.net.tls.TlsFiles;
import io.zeoraid.server.storage.CaffeineRecordCache;
import io.zeoraid.server.storage.Storage;
import io.zeoraid.server.storage.StorageParts;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The ZEORaid server: puts the parts together, starts them, and ends them. */
@Singleton
public class ZeoRaidServer implements StorageServer, RaidControl, EventLoopProbe, ListenerProbe {
  private static final Logger LOG = Logger.getLogger(ZeoRaidServer.class);

  /** So long a stopping server waits for the membership store. */
  private static final long LEAVE_MILLIS = 2000;

  private final ServerMeters meters;
  private volatile Map<String, Storage> storages = Map.of();
  private final TlsFiles tls = new TlsFiles();
  private Optional<Tls> clientTls = Optional.empty();
  private final List<MembershipStore> stores = new ArrayList<>();
  private volatile @Nullable Loop loop;
  private volatile @Nullable Listening listening;
  private @Nullable ServeOptions options;
  private @Nullable PidFile pidFile;

  ZeoRaidServer(ServerMeters meters) {
    this.meters = meters;
  }

  // Start and stop.

  @Override
  public void start(ServeOptions serve) throws StartException {
    options = serve;
    ServerConfig config = serve.config();
    config.notices().forEach(notice -> LOG.warn(notice.toString()));
    Unsupported.check(config);
    Loop begun = new Loop("zeoraid");
    loop = begun;
    String server = UUID.randomUUID().toString();
    Map<String, Storage> opened = new LinkedHashMap<>();
    try {
      if (config.zeo().pidFilename().isPresent()) {
        pidFile = PidFile.write(config.zeo().pidFilename().get());
      }
      clientTls = Wiring.tls("<zeo>", config.zeo().ssl(), tls::server);
      Address address = Sockets.withPort(config.zeo().address());
      for (RaidStorageConfig storage : config.storages()) {
        MembershipPlace place = membership(serve.file(), storage);
        String peer = PeerAddress.of(config.zeo(), address, place).toString();
        MembershipStore store = MembershipStores.open(place);
        stores.add(store);
        opened.put(storage.name(), storage(begun, server, peer, config, storage, store));
      }
      storages = Map.copyOf(opened);
      begun.execute(() -> opened.values().forEach(Storage::start));
      Listening clients = listening(begun, config, address);
      listening = clients;
      clients.begin();
    } catch (IOException e) {
      stop();
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  private Storage storage(
      Loop on,
      String server,
      String peerAddress,
      ServerConfig config,
      RaidStorageConfig storage,
      MembershipStore store)
      throws IOException {
    StorageMeters counting = meters.of(storage.name());
    Reloads reloads = new Reloads(on, () -> readAnew(storage.name()));
    return new Storage(
        new StorageParts(
            on,
            Wiring.settings(server, peerAddress, config.zeo(), storage),
            Wiring.targets(config.zeo(), storage, tls),
            Wiring.tls("<zeo>", config.zeo().ssl(), tls::client),
            store,
            CaffeineRecordCache.of(storage.cacheSize(), counting),
            Wiring.limits(config.zeo(), storage),
            Wiring.sharedDirectory(storage),
            counting,
            reloads::reload));
  }

  /** Beside the configuration, unless that names another place. */
  private static MembershipPlace membership(Path configuration, RaidStorageConfig storage) {
    return storage
        .membership()
        .orElseGet(() ->
            new MembershipPlace.File(
                configuration
                    .toAbsolutePath()
                    .resolveSibling("zeoraid-" + storage.name() + ".membership")));
  }

  private Listening listening(Loop on, ServerConfig config, Address at) {
    ClientLimits limits = Wiring.limits(config.zeo(), config.storages().getFirst());
    Acceptor accepting = new Acceptor(on, new Front(storages), limits, clientTls);
    return new Listening(
        on,
        at,
        accepting,
        () -> storages.values().stream().anyMatch(storage -> storage.status().serving()));
  }

  /**
   * Stops without an error for anybody, as far as possible: another server becomes primary, the
   * clients go one after another as soon as they wait for nothing, and the record is told that
   * nobody is primary if this server still is.
   */
  @Override
  public void stop() {
    Loop running = loop;
    if (running == null) {
      return;
    }
    ServeOptions serving = options;
    long millis = serving == null ? 0 : serving.config().zeo().drainTimeout().toMillis();
    onLoopUntil(
        running,
        done -> {
          storages.values().forEach(Storage::retire);
          Listening clients = listening;
          if (clients == null) {
            done.run();
          } else {
            clients.end(millis, done);
          }
        });
    onLoopUntil(
        running,
        done -> {
          CompletableFuture<?>[] leaving =
              storages.values().stream()
                  .map(storage -> storage.leave().toCompletableFuture())
                  .toArray(CompletableFuture<?>[]::new);
          CompletableFuture.allOf(leaving)
              .completeOnTimeout(null, LEAVE_MILLIS, TimeUnit.MILLISECONDS)
              .thenRun(done);
        });
    onLoopUntil(
        running,
        done -> {
          storages.values().forEach(Storage::stop);
          done.run();
        });
    running.close();
    tls.close();
    stores.forEach(MembershipStore::close);
    stores.clear();
    PidFile written = pidFile;
    if (written != null) {
      written.close();
    }
    loop = null;
  }

  private static void onLoopUntil(Loop loop, Consumer<Runnable> what) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.execute(() -> what.accept(() -> done.complete(null)));
    done.join();
  }

  /** The storages as clients find them. */
  private record Front(Map<String, Storage> storages) implements Storages {
    @Override
    public @Nullable StorageFront find(String name) {
      return storages.get(name);
    }

    @Override
    public Map<String, Map<String, @Nullable Object>> statuses() {
      Map<String, Map<String, @Nullable Object>> statuses = new LinkedHashMap<>();
      storages.forEach((name, storage) -> statuses.put(name, storage.serverStatus()));
      return statuses;
    }
  }

  // Control.

  @Override
  public List<String> storages() {
    return storages.keySet().stream().sorted().toList();
  }

  private <T> CompletionStage<T> onLoop(String name, Function<Storage, CompletionStage<T>> what) {
    Loop running = loop;
    Storage storage = storages.get(name);
    CompletableFuture<T> result = new CompletableFuture<>();
    if (running == null || storage == null) {
      result.completeExceptionally(RefusedException.unknownStorage(name, storages()));
      return result;
    }
    running.execute(() -> {
      try {
        what.apply(storage)
            .whenComplete((value, trouble) -> {
              if (trouble == null) {
                result.complete(value);
              } else {
                result.completeExceptionally(trouble);
              }
            });
      } catch (RuntimeException e) {
        result.completeExceptionally(e);
      }
    });
    return result;
  }

  @Override
  public CompletionStage<RaidStatus> status(String name) {
    return onLoop(name, storage -> CompletableFuture.completedFuture(storage.status()));
  }

  @Override
  public Watch watch(String name, Consumer<RaidStatus> onChange) {
    if (loop == null || !storages.containsKey(name)) {
      // Nobody looks at the stage below, so the refusal must be thrown.
      throw RefusedException.unknownStorage(name, storages());
    }
    CompletionStage<Runnable> watching =
        onLoop(name, storage -> CompletableFuture.completedFuture(storage.watch(onChange)));
    return () ->
        watching.thenAccept(end -> {
          Loop running = loop;
          if (running != null) {
            running.execute(end);
          }
        });
  }

  @Override
  public CompletionStage<String> disable(String name, BackendName backend) {
    return onLoop(name, storage -> storage.disable(backend));
  }

  @Override
  public CompletionStage<String> recover(String name, BackendName backend) {
    return onLoop(name, storage -> storage.recover(backend));
  }

  @Override
  public CompletionStage<String> reload(String name) {
    return onLoop(name, Storage::reload);
  }

  @Override
  public CompletionStage<String> pack(String name, PackWish wish, Consumer<String> progress) {
    progress.accept("packing one backend after another");
    return onLoop(name, storage -> storage.pack(wish.before().toEpochMilli() / 1000.0));
  }

  @Override
  public CompletionStage<String> verify(
      String name, List<BackendName> backends, Consumer<String> progress) {
    return onLoop(name, storage -> storage.verify(backends, progress));
  }

  /**
   * Reads the configuration file anew; only the backends of the storage can change without a
   * restart. Blocks, so not on the event loop.
   *
   * @return what is to be done then, on the event loop
   */
  private Supplier<CompletionStage<String>> readAnew(String name)
      throws ConfigException, IOException {
    ServeOptions serving = options;
    Storage storage = storages.get(name);
    if (serving == null || storage == null) {
      throw RefusedException.unknownStorage(name, storages());
    }
    ServerConfig config = ServerConfig.load(serving.file(), System.getenv());
    Unsupported.check(config);
    RaidStorageConfig found =
        config.storages().stream()
            .filter(s -> s.name().equals(name))
            .findFirst()
            .orElseThrow(() ->
                Reloads.refused(
                    "the configuration has no raidstorage "
                        + name
                        + " any more; restart the server to end it"));
    Map<BackendName, BackendTarget> targets = Wiring.targets(config.zeo(), found, tls);
    long lockMillis = Wiring.lockMillis(config.zeo(), found);
    return () -> storage.reconfigure(targets, lockMillis);
  }

  // Health.

  @Override
  public String name() {
    return "event loop";
  }

  @Override
  public CompletionStage<?> turn() {
    Loop running = loop;
    CompletableFuture<Boolean> turned = new CompletableFuture<>();
    if (running == null) {
      turned.complete(true);
    } else {
      running.execute(() -> turned.complete(true));
    }
    return turned;
  }

  @Override
  public String deafness() {
    Listening clients = listening;
    return clients == null ? "" : clients.trouble();
  }
}
