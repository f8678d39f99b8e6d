package io.zeoraid.protocol;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of one call, read by position as what the method wants. Every complaint names the
 * method and the position.
 */
final class Arguments {
  private static final int MAX_IDENTITY = 100;
  private static final String ZEROS = "\0".repeat(Long.BYTES);

  private final String method;
  private final List<?> values;

  /**
   * The arguments of a call.
   *
   * @param values what came where a tuple belongs
   * @throws ProtocolException if it is no tuple, or there are too few or too many
   */
  Arguments(String method, @Nullable Object values, int least, int most) {
    if (!(values instanceof List<?> list)) {
      throw new ProtocolException(
          "the arguments of " + method + " should be a tuple, not " + Words.kind(values));
    }
    if (list.size() < least || list.size() > most) {
      throw new ProtocolException(
          (method + " takes " + (least == most ? "" : least + " to ") + most)
              + (" arguments, not " + list.size()));
    }
    this.method = method;
    this.values = list;
  }

  @Nullable Object any(int index) {
    return index < values.size() ? values.get(index) : null;
  }

  boolean has(int index) {
    return index < values.size();
  }

  byte[] bytes(int index) {
    if (any(index) instanceof byte[] bytes) {
      return bytes;
    }
    throw wrong(index, "bytes");
  }

  byte @Nullable [] optionalBytes(int index) {
    return any(index) == null ? null : bytes(index);
  }

  Oid oid(int index) {
    return Oid.ofBytes(eight(index, "an oid"));
  }

  @Nullable Oid optionalOid(int index) {
    return any(index) == null ? null : oid(index);
  }

  Tid tid(int index) {
    return Tid.ofBytes(eight(index, "a tid"));
  }

  @Nullable Tid optionalTid(int index) {
    return any(index) == null ? null : tid(index);
  }

  /**
   * The serial that a client read before it stores: None, which FileStorage takes for a new object,
   * means the same as zeros, and so does a str of zeros, which old code has from Python 2.
   */
  Tid serial(int index) {
    Object value = any(index);
    return value == null || value.equals(ZEROS) ? Tid.NONE : tid(index);
  }

  long number(int index) {
    return switch (any(index)) {
      case Long number -> number;
      case Boolean flag -> flag ? 1 : 0;
      case null, default -> throw wrong(index, "an int of at most 64 bits");
    };
  }

  boolean isNumber(int index) {
    return any(index) instanceof Long || any(index) instanceof Boolean;
  }

  /** A number that only says how many: beyond an int is as good as the greatest int. */
  int count(int index) {
    return (int) Math.clamp(number(index), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  double seconds(int index) {
    return any(index) instanceof Double seconds ? seconds : number(index);
  }

  boolean flag(int index) {
    return truth(method, any(index));
  }

  String text(int index) {
    if (any(index) instanceof String text) {
      return text;
    }
    throw wrong(index, "a str");
  }

  String status(int index) {
    return has(index) ? statusOf(method, any(index)) : " ";
  }

  /**
   * What the server only keeps and compares: the client's id of a transaction. Stock clients give a
   * number.
   */
  Object identity(int index) {
    Object value = any(index);
    if (value instanceof Number
        || (value instanceof String text && text.length() <= MAX_IDENTITY)
        || (value instanceof byte[] bytes && bytes.length <= MAX_IDENTITY)) {
      return value;
    }
    throw wrong(index, "the id of a transaction, an int");
  }

  List<Long> numbers(int index) {
    if (!(any(index) instanceof List<?> list)) {
      throw wrong(index, "a list of ints");
    }
    List<Long> numbers = new ArrayList<>(list.size());
    for (Object element : list) {
      if (!(element instanceof Long number)) {
        throw wrong(index, "a list of ints");
      }
      numbers.add(number);
    }
    return numbers;
  }

  List<String> texts(int index) {
    if (!(any(index) instanceof List<?> list)) {
      throw wrong(index, "a list of str");
    }
    List<String> texts = new ArrayList<>(list.size());
    for (Object element : list) {
      if (!(element instanceof String text)) {
        throw wrong(index, "a list of str");
      }
      texts.add(text);
    }
    return texts;
  }

  List<Oid> oids(int index) {
    if (!(any(index) instanceof List<?> list)) {
      throw wrong(index, "a list of oids");
    }
    List<Oid> oids = new ArrayList<>(list.size());
    for (Object element : list) {
      if (!(element instanceof byte[] bytes && bytes.length == Long.BYTES)) {
        throw wrong(index, "a list of oids of 8 bytes");
      }
      oids.add(Oid.ofBytes(bytes));
    }
    return oids;
  }

  /** Python's truth of a flag: stock clients send bools and small ints. */
  static boolean truth(String where, @Nullable Object value) {
    return switch (value) {
      case Boolean flag -> flag;
      case Long number -> number != 0;
      case null -> false;
      default ->
          throw new ProtocolException(
              "a flag of " + where + " should be a bool or an int, not " + Words.kind(value));
    };
  }

  /** The status of a transaction: text, or bytes from storages that kept it as they read it. */
  static String statusOf(String where, @Nullable Object value) {
    return switch (value) {
      case String text -> text;
      case byte[] bytes when bytes.length <= 1 -> new String(bytes, StandardCharsets.ISO_8859_1);
      case null, default ->
          throw new ProtocolException(
              "the status of " + where + " should be a str, not " + Words.kind(value));
    };
  }

  private byte[] eight(int index, String what) {
    if (any(index) instanceof byte[] bytes && bytes.length == Long.BYTES) {
      return bytes;
    }
    throw wrong(index, what + " of 8 bytes");
  }

  private ProtocolException wrong(int index, String expected) {
    return new ProtocolException(
        ("argument " + (index + 1) + " of " + method)
            + (" should be " + expected + ", not " + Words.kind(any(index))));
  }
}
