package io.zeoraid.protocol;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes plain data as {@code zodbpickle}'s {@code Pickler(protocol=3)} with {@code fast=1} does,
 * byte for byte: no memo, lists and dicts in batches of 1000. The one global that it writes is
 * {@code ZopeUndo.Prefix}, which a stock server's {@code server_find_global} lets pass. Source:
 * {@code save_*} in {@code zodbpickle/_pickle_33.c}.
 */
final class PickleWriter {
  private static final int BATCH = 1000;
  private static final byte[] START = {(byte) 0x80, 3};
  private static final byte[] PREFIX_CLASS = ascii("cZopeUndo.Prefix\nPrefix\n");

  private final FrameBuilder out = new FrameBuilder();

  private PickleWriter() {}

  /** The frame of this message. */
  static byte[] frame(@Nullable Object message) {
    return pickled(message).finish();
  }

  /** Gives the frame of this message to the sink. */
  static void frame(@Nullable Object message, FrameSink sink) {
    pickled(message).finish(sink);
  }

  private static FrameBuilder pickled(@Nullable Object message) {
    var writer = new PickleWriter();
    writer.out.put(START);
    writer.write(message);
    writer.out.put('.');
    return writer.out;
  }

  private void write(@Nullable Object value) {
    switch (value) {
      case null -> out.put('N');
      case byte[] bytes -> bytes(bytes);
      case Tid tid -> eight(tid.value());
      case Oid oid -> eight(oid.value());
      case String text -> text(text);
      case Long number -> integer(number);
      case Integer number -> integer(number);
      case Boolean flag -> out.put(flag ? 0x88 : 0x89);
      case Object[] elements -> tuple(elements);
      case PyList list -> list(list);
      case List<?> elements -> tuple(elements.toArray());
      case Map<?, ?> map -> dict(map);
      case Double number -> {
        out.put('G');
        out.putLong(Double.doubleToLongBits(number));
      }
      case BigInteger number -> big(number);
      case Prefix prefix -> prefix(prefix);
      default -> write(Domain.plain(value));
    }
  }

  private void bytes(byte[] bytes) {
    if (bytes.length < 256) {
      out.put('C');
      out.put(bytes.length);
    } else {
      out.putLittleEndian('B', bytes.length);
    }
    out.put(bytes);
  }

  private void eight(long value) {
    out.put('C');
    out.put(Long.BYTES);
    out.putLong(value);
  }

  private void text(String text) {
    byte[] bytes = Utf8.encode(text);
    out.putLittleEndian('X', bytes.length);
    out.put(bytes);
  }

  private void integer(long number) {
    if (number != (int) number) {
      big(BigInteger.valueOf(number));
    } else if (number >= 0 && number <= 0xff) {
      out.put('K');
      out.put((int) number);
    } else if (number >= 0 && number <= 0xffff) {
      out.put('M');
      out.put((int) number);
      out.put((int) number >> 8);
    } else {
      out.putLittleEndian('J', (int) number);
    }
  }

  private void big(BigInteger number) {
    byte[] bytes = number.toByteArray();
    if (bytes.length <= Integer.BYTES) {
      integer(number.longValue());
      return;
    }
    if (bytes.length < 256) {
      out.put(0x8a);
      out.put(bytes.length);
    } else {
      out.putLittleEndian(0x8b, bytes.length);
    }
    for (int i = bytes.length - 1; i >= 0; i--) {
      out.put(bytes[i]);
    }
  }

  private void tuple(@Nullable Object[] elements) {
    if (elements.length > 3) {
      out.put('(');
    }
    for (Object element : elements) {
      write(element);
    }
    switch (elements.length) {
      case 0 -> out.put(')');
      case 1 -> out.put(0x85);
      case 2 -> out.put(0x86);
      case 3 -> out.put(0x87);
      default -> out.put('t');
    }
  }

  private void list(PyList list) {
    out.put(']');
    if (list.size() == 1) {
      write(list.get(0));
      out.put('a');
      return;
    }
    for (int from = 0; from < list.size(); from += BATCH) {
      out.put('(');
      for (int i = from; i < Math.min(from + BATCH, list.size()); i++) {
        write(list.get(i));
      }
      out.put('e');
    }
  }

  private void dict(Map<?, ?> map) {
    out.put('}');
    if (map.isEmpty()) {
      return;
    }
    if (map.size() == 1) {
      map.forEach(this::item);
      out.put('s');
      return;
    }
    // After a full last batch the C code begins another one, which stays empty.
    int written = 0;
    out.put('(');
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      item(entry.getKey(), entry.getValue());
      if (++written % BATCH == 0) {
        out.put('u');
        out.put('(');
      }
    }
    out.put('u');
  }

  private void item(@Nullable Object key, @Nullable Object value) {
    write(key);
    write(value);
  }

  private void prefix(Prefix prefix) {
    out.put(PREFIX_CLASS);
    out.put(')');
    out.put(0x81);
    out.put('}');
    out.put('(');
    text("length");
    integer(prefix.path().size());
    text("path");
    list(new PyList(prefix.path()));
    out.put('u');
    out.put('b');
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
