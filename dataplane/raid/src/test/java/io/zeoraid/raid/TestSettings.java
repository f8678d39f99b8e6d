package io.zeoraid.raid;

import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** Settings for tests in which no time passes. */
final class TestSettings {
  private TestSettings() {}

  static Settings of(String... backends) {
    SortedSet<BackendName> names = new TreeSet<>();
    for (String name : Set.of(backends)) {
      names.add(new BackendName(name));
    }
    return new Settings(
        "1", "raid", "here:1", names, 10, 10, 10, 10, 10, 10, 10, 10, 10, true, 0, 0);
  }
}
