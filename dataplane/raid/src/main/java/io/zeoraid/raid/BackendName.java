package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import org.jspecify.annotations.Nullable;

/**
 * The name of a backend within its RAID, as the configuration gives it. Backends are ordered by
 * name.
 */
public record BackendName(String value) implements Comparable<BackendName> {

  /**
   * @throws IllegalArgumentException if the name is empty
   */
  public BackendName {
    if (value.isEmpty()) {
      throw new IllegalArgumentException("a backend needs a name");
    }
  }

  /** Written out for the native executable, see {@link Oid#equals}. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BackendName that && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public int compareTo(BackendName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
