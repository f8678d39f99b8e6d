package io.zeoraid.config;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a section may contain.
 *
 * @param name in lower case
 * @param keys in the order of the documentation
 * @param repeatable keys that may be given more than once
 */
record SectionType(String name, List<Key> keys, Set<String> repeatable) {

  SectionType(String name, List<Key> keys) {
    this(name, keys, Set.of());
  }

  Optional<Key> key(String keyName) {
    return keys.stream().filter(key -> key.name().equals(keyName)).findFirst();
  }

  /** The keys that have an effect: what to write. */
  List<String> usedNames() {
    return keys.stream().filter(Key.Used.class::isInstance).map(Key::name).sorted().toList();
  }

  /** The keys that are taken: what may have been meant. */
  List<String> acceptedNames() {
    return keys.stream()
        .filter(key -> !(key instanceof Key.Refused))
        .map(Key::name)
        .sorted()
        .toList();
  }
}
