package io.zeoraid.server.control;

import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;

/** The meters of all storages of this server. Any thread. */
@Singleton
public final class ServerMeters {
  private final ConcurrentSkipListMap<String, StorageMeters> byStorage =
      new ConcurrentSkipListMap<>();

  /**
   * The meters of this storage: always the same object for the same name. Look it up once, not for
   * each event.
   */
  public StorageMeters of(String storage) {
    return byStorage.computeIfAbsent(storage, StorageMeters::new);
  }

  /** The meters asked for so far, in the order of their storages' names. */
  Collection<StorageMeters> all() {
    return List.copyOf(byStorage.values());
  }
}
