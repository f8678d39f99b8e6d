package io.zeoraid.server.storage;

import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidStatus;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How many objects a storage holds and how many bytes it takes up ({@code get_size_info} in {@code
 * ZEO/StorageServer.py}): what a backend in sync, or the primary, has said last. A backend says so
 * after each commit, before it answers {@code tpc_finish}. Confined to the event loop.
 */
final class Sizes {
  private static final List<String> KEYS = List.of("length", "size");

  private final Map<Object, Object> latest = new LinkedHashMap<>();
  private Set<BackendName> inSync = Set.of();

  Sizes() {
    KEYS.forEach(key -> latest.put(key, 0L));
  }

  /** Who is in sync now. */
  void changed(RaidStatus status) {
    inSync =
        status.backends().stream()
            .filter(backend -> backend.state().equals("in-sync"))
            .map(BackendStatus::name)
            .collect(Collectors.toUnmodifiableSet());
  }

  /** A backend has said something about itself; one that is being recovered does not count. */
  void heard(BackendName backend, Map<String, @Nullable Object> info) {
    if (inSync.isEmpty() || inSync.contains(backend)) {
      told(info);
    }
  }

  /** The primary has passed on what it knows. */
  void told(Map<String, @Nullable Object> info) {
    for (String key : KEYS) {
      if (info.get(key) instanceof Long number) {
        latest.put(key, number);
      }
    }
  }

  /** {@code length} and {@code size}; changes with what is heard. */
  Map<Object, Object> latest() {
    return Collections.unmodifiableMap(latest);
  }
}
