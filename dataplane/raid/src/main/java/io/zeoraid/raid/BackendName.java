package io.zeoraid.raid;

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

  @Override
  public int compareTo(BackendName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
