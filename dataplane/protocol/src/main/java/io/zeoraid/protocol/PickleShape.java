package io.zeoraid.protocol;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks that a value read from a pickle is a finite tree of plain data. A memo lets a short pickle
 * share values, so that a few bytes stand for billions of elements, or for a list that contains
 * itself; whoever walks the value later must not find out.
 */
final class PickleShape {
  private final Limits limits;
  private int left;

  PickleShape(Limits limits) {
    this.limits = limits;
    this.left = limits.maxItems();
  }

  /**
   * Walks the value, sharing counted as often as it occurs.
   *
   * @throws ProtocolException if it is too deep, too large, or not plain data
   */
  void check(@Nullable Object value) {
    check(value, 0);
  }

  private void check(@Nullable Object value, int depth) {
    if (--left < 0) {
      throw PickleReader.broken(
          "it has more than " + limits.maxItems() + " values, the most allowed");
    }
    switch (value) {
      case null -> {}
      case byte[] bytes -> {}
      case String text -> {}
      case Number number -> {}
      case Boolean flag -> {}
      case List<?> list -> {
        deeper(depth);
        for (int i = 0; i < list.size(); i++) {
          check(list.get(i), depth + 1);
        }
      }
      case Map<?, ?> map -> {
        deeper(depth);
        // Keys are scalars or short tuples of them: see Dicts.
        left -= map.size();
        for (Object element : map.values()) {
          check(element, depth + 1);
        }
      }
      case Prefix prefix -> {}
      default ->
          throw PickleReader.broken(
              "it contains " + value + " by itself; only plain data is allowed");
    }
  }

  private void deeper(int depth) {
    if (depth >= limits.maxDepth()) {
      throw PickleReader.broken(
          "it is nested deeper than " + limits.maxDepth() + " levels, the most allowed");
    }
  }
}
