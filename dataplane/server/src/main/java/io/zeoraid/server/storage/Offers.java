package io.zeoraid.server.storage;

import io.zeoraid.raid.BackendName;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What each backend said of itself in {@code get_info} ({@code ZEO/StorageServer.py}): the RAID
 * offers its clients what all of them can do. Confined to the event loop.
 */
final class Offers {
  /** What is kept of all that a backend says of itself. */
  private static final Set<String> ABILITIES =
      Set.of("supportsUndo", "supports_record_iternext", "interfaces");

  private final Map<BackendName, Map<String, @Nullable Object>> heard = new LinkedHashMap<>();

  /** A backend has told all, or what has changed. */
  void heard(BackendName backend, Map<String, @Nullable Object> info) {
    Map<String, @Nullable Object> merged = new LinkedHashMap<>();
    Map<String, @Nullable Object> before = heard.get(backend);
    if (before != null) {
      merged.putAll(before);
    }
    merged.putAll(info);
    merged.keySet().retainAll(ABILITIES);
    heard.put(backend, merged);
  }

  /** These are the backends. */
  void keepOnly(Collection<BackendName> backends) {
    heard.keySet().retainAll(backends);
  }

  /** Whether every backend that was heard says yes to this. */
  boolean all(String ability) {
    return heard.values().stream().allMatch(info -> isTrue(info.get(ability)));
  }

  /** Those of these interfaces that every backend provides that was heard. */
  List<List<String>> common(List<List<String>> interfaces) {
    return interfaces.stream()
        .filter(one -> heard.values().stream().allMatch(info -> provides(info, one)))
        .toList();
  }

  private static boolean provides(Map<String, @Nullable Object> info, List<String> one) {
    return info.get("interfaces") instanceof Collection<?> provided && provided.contains(one);
  }

  /** A FileStorage answers 1. */
  private static boolean isTrue(@Nullable Object value) {
    return Boolean.TRUE.equals(value) || value instanceof Number number && number.longValue() != 0;
  }
}
