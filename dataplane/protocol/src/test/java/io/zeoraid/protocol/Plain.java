package io.zeoraid.protocol;

import java.lang.reflect.RecordComponent;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values and messages as text that is equal exactly if they are: arrays by content, types and order
 * included.
 */
final class Plain {
  private Plain() {}

  static String show(@Nullable Object value) {
    var text = new StringBuilder();
    show(text, value);
    return text.toString();
  }

  private static void show(StringBuilder text, @Nullable Object value) {
    switch (value) {
      case null -> text.append("None");
      case byte[] bytes -> text.append("b'").append(HexFormat.of().formatHex(bytes)).append('\'');
      case String string -> text.append('"').append(string).append('"');
      case Object[] array -> show(text, java.util.Arrays.asList(array));
      case List<?> list -> {
        text.append(list instanceof PyList ? "list[" : "tuple(");
        list.forEach(element -> show(text.append(' '), element));
        text.append(')');
      }
      case Map<?, ?> map -> {
        text.append('{');
        map.forEach((key, element) -> {
          show(text.append(' '), key);
          show(text.append(": "), element);
        });
        text.append('}');
      }
      case Record record -> {
        text.append(record.getClass().getSimpleName()).append('(');
        for (RecordComponent component : record.getClass().getRecordComponents()) {
          try {
            var accessor = component.getAccessor();
            accessor.setAccessible(true);
            show(text.append(' '), accessor.invoke(record));
          } catch (ReflectiveOperationException e) {
            throw new LinkageError(component.toString(), e);
          }
        }
        text.append(')');
      }
      default -> text.append(value.getClass().getSimpleName()).append(' ').append(value);
    }
  }
}
