package io.zeoraid.raid;

import io.zeoraid.protocol.Prefix;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * R5, Browse: what {@code undoInfo} is to look for. It is passed on to the backend as plain data,
 * {@link Prefix} included, and never looked into; only its size is bounded: Zope's own have two
 * items.
 */
final class Specification {
  private static final long MOST = 64 << 10;

  private Specification() {}

  static boolean isTooLarge(@Nullable Object specification) {
    return size(specification, MOST) < 0;
  }

  /** What is left of the room; negative if it is too little. */
  private static long size(@Nullable Object value, long room) {
    long left = room - Long.BYTES;
    if (left < 0) {
      return left;
    }
    return switch (value) {
      case byte[] bytes -> left - bytes.length;
      case String text -> left - text.length();
      case Prefix prefix -> size(prefix.path(), left);
      case Map<?, ?> map -> {
        for (Map.Entry<?, ?> item : map.entrySet()) {
          left = size(item.getValue(), size(item.getKey(), left));
        }
        yield left;
      }
      case List<?> list -> {
        for (Object element : list) {
          left = size(element, left);
        }
        yield left;
      }
      case Long number -> left;
      case Double number -> left;
      case Number huge -> -1; // of more than 64 bits
      case null, default -> left;
    };
  }
}
