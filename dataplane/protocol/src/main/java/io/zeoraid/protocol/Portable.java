package io.zeoraid.protocol;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plain data that both encodings can say: what came from a backend as a pickle may have to go to a
 * client as msgpack.
 */
final class Portable {
  private Portable() {}

  /**
   * The value, with text in place of what only pickle can say: ints of more than 64 bits. (Half a
   * pair of surrogates becomes a question mark in msgpack.)
   */
  static Object of(Object value) {
    return switch (value) {
      case BigInteger number when !MsgpackWriter.canSay(number) -> number.toString();
      case Prefix prefix -> of(prefix.path());
      case PyList list -> new PyList(elements(list));
      case List<?> list -> elements(list);
      case Map<?, ?> map -> {
        Map<@Nullable Object, @Nullable Object> portable = new LinkedHashMap<>();
        map.forEach((key, element) -> portable.put(ofAny(key), ofAny(element)));
        yield portable;
      }
      default -> value;
    };
  }

  private static List<@Nullable Object> elements(List<?> list) {
    @Nullable Object[] elements = list.toArray();
    Arrays.setAll(elements, i -> ofAny(elements[i]));
    return Arrays.asList(elements);
  }

  private static @Nullable Object ofAny(@Nullable Object value) {
    return value == null ? null : of(value);
  }
}
