package io.zeoraid.protocol;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts what a peer sent into a map, without letting it choose how long that takes. Hashing a key
 * must be cheap, and keys that collide must be comparable, or a map of n keys takes n² steps;
 * {@link java.util.HashMap} compares keys of one class only.
 */
final class Dicts {
  /** Up to this size nothing about the keys matters. ZEO's own dicts have a dozen. */
  private static final int SMALL = 100;

  /** The longest tuple that can be a key. */
  private static final int MAX_KEY_ELEMENTS = 16;

  private Dicts() {}

  /**
   * Sets an item.
   *
   * @throws ProtocolException if the key is neither a scalar nor a short tuple of scalars, or the
   *     dict is large and has keys of more than one type
   */
  static void put(
      Map<@Nullable Object, @Nullable Object> map, @Nullable Object key, @Nullable Object value) {
    if (!isScalar(key) && !isShortTuple(key)) {
      throw new ProtocolException(
          "a dict has a key of type "
              + Words.kind(key)
              + "; scalars and tuples of at most 16 of them are allowed");
    }
    if (map.size() >= SMALL) {
      Object first = map.keySet().iterator().next();
      if (first == null
          || key == null
          || key instanceof List
          || first.getClass() != key.getClass()) {
        throw new ProtocolException(
            "a dict of more than "
                + SMALL
                + " items has keys of several types, or tuples; one scalar type is allowed");
      }
    }
    map.put(key, value);
  }

  private static boolean isScalar(@Nullable Object key) {
    return key == null
        || key instanceof String
        || key instanceof byte[]
        || key instanceof Number
        || key instanceof Boolean;
  }

  private static boolean isShortTuple(@Nullable Object key) {
    // A Python list cannot be a key.
    return key instanceof List<?> elements
        && !(key instanceof PyList)
        && elements.size() <= MAX_KEY_ELEMENTS
        && elements.stream().allMatch(Dicts::isScalar);
  }
}
