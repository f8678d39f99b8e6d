package io.zeoraid.server.client;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The storages of this server, as its clients find them. On the event loop. */
public interface Storages {

  /** The storage of this name; null if there is none. */
  @Nullable StorageFront find(String name);

  /** The status of each storage, for {@code ruok}. */
  Map<String, Map<String, @Nullable Object>> statuses();
}
