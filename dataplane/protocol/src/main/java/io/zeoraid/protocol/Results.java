package io.zeoraid.protocol;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the value of a {@link ServerMessage.Reply} as what the call promised. Every method throws
 * {@link ProtocolException} if the value has another shape. Source: {@code ZEO/StorageServer.py},
 * the methods of {@code ZEOStorage}. Thread-safe.
 */
public final class Results {
  private Results() {}

  /** {@code loadBefore}: null if the object did not exist yet. */
  public static @Nullable Loaded loaded(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    List<?> parts = parts("loadBefore", value, 3, "(data, serial, next serial or None) or None");
    return new Loaded(
        bytes("loadBefore", parts.get(0)),
        tid("loadBefore", parts.get(1)),
        optionalTid("loadBefore", parts.get(2)));
  }

  /**
   * {@code lastTransaction}, {@code register}, {@code getTid}, {@code tpc_finish}: {@link Tid#NONE}
   * for None.
   */
  public static Tid tid(@Nullable Object value) {
    return value == null ? Tid.NONE : tid("the call", value);
  }

  /** {@code new_oids}. */
  public static List<Oid> oids(@Nullable Object value) {
    return oids("the call", value);
  }

  /** {@code iterator_next}: null after the last transaction. */
  public static @Nullable TransactionHeader transaction(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    String call = "iterator_next";
    List<?> parts = parts(call, value, 5, "(tid, status, user, description, extension) or None");
    return new TransactionHeader(
        tid(call, parts.get(0)),
        Arguments.statusOf(call, parts.get(1)),
        parts.get(2),
        parts.get(3),
        parts.get(4));
  }

  /** {@code iterator_record_next}: null after the last record. */
  public static @Nullable DataRecord record(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    String call = "iterator_record_next";
    List<?> parts = parts(call, value, 4, "(oid, tid, data or None, data tid or None) or None");
    return new DataRecord(
        oid(call, parts.get(0)),
        tid(call, parts.get(1)),
        parts.get(2) == null ? null : bytes(call, parts.get(2)),
        optionalTid(call, parts.get(3)));
  }

  /** {@code record_iternext}. */
  public static CurrentRecord currentRecord(@Nullable Object value) {
    String call = "record_iternext";
    List<?> parts = parts(call, value, 4, "(oid, tid, data, next oid or None)");
    Object next = parts.get(3);
    return new CurrentRecord(
        oid(call, parts.get(0)),
        tid(call, parts.get(1)),
        bytes(call, parts.get(2)),
        next == null ? null : oid(call, next));
  }

  /** {@code loadSerial}: the record's data. */
  public static byte[] bytes(@Nullable Object value) {
    return bytes("the call", value);
  }

  /** {@code iterator_start}, {@code iterator_record_start}. */
  public static long number(@Nullable Object value) {
    if (value instanceof Long number) {
      return number;
    }
    throw new ProtocolException("the call should answer an int, not " + Words.kind(value));
  }

  /** {@code get_info}, {@code server_status}: a mapping with names as keys, in its order. */
  public static Map<String, @Nullable Object> info(@Nullable Object value) {
    return named("the call", value);
  }

  /** {@code vote}. */
  public static VoteAnswer vote(@Nullable Object value) {
    if (value == null) {
      return new VoteAnswer.Resolved(List.of());
    }
    if (!(value instanceof List<?> list)) {
      throw shape("vote", "oids or conflicts", value);
    }
    if (list.isEmpty() || !(list.get(0) instanceof Map)) {
      return new VoteAnswer.Resolved(oids("vote", value));
    }
    List<Map<String, @Nullable Object>> conflicts = new ArrayList<>(list.size());
    for (Object element : list) {
      Map<String, @Nullable Object> conflict = named("vote", element);
      oid("vote", conflict.get("oid"));
      List<?> serials =
          parts("vote", conflict.get("serials"), 2, "conflicts with serials (committed, read)");
      serials.forEach(serial -> tid("vote", serial));
      bytes("vote", conflict.get("data"));
      conflicts.add(conflict);
    }
    return new VoteAnswer.ClientConflicts(conflicts);
  }

  /** {@code getInvalidations}: null if the server does not remember that far. */
  public static @Nullable Invalidations invalidations(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    String call = "getInvalidations";
    List<?> parts = parts(call, value, 2, "(tid, [oid, …]) or None");
    return new Invalidations(tid(call, parts.get(0)), oids(call, parts.get(1)));
  }

  /** {@code undoLog}, {@code undoInfo}, {@code history}: one mapping per entry. */
  public static List<Map<String, @Nullable Object>> entries(@Nullable Object value) {
    if (!(value instanceof List<?> list)) {
      throw shape("the call", "a list of dicts", value);
    }
    List<Map<String, @Nullable Object>> entries = new ArrayList<>(list.size());
    for (Object element : list) {
      entries.add(named("the call", element));
    }
    return entries;
  }

  private static List<?> parts(String call, @Nullable Object value, int size, String expected) {
    if (value instanceof List<?> list && list.size() == size) {
      return list;
    }
    throw shape(call, expected, value);
  }

  private static byte[] bytes(String call, @Nullable Object value) {
    if (value instanceof byte[] bytes) {
      return bytes;
    }
    throw shape(call, "bytes", value);
  }

  private static Tid tid(String call, @Nullable Object value) {
    if (value instanceof byte[] bytes && bytes.length == Long.BYTES) {
      return Tid.ofBytes(bytes);
    }
    throw shape(call, "a tid of 8 bytes", value);
  }

  private static @Nullable Tid optionalTid(String call, @Nullable Object value) {
    return value == null ? null : tid(call, value);
  }

  private static Oid oid(String call, @Nullable Object value) {
    if (value instanceof byte[] bytes && bytes.length == Long.BYTES) {
      return Oid.ofBytes(bytes);
    }
    throw shape(call, "an oid of 8 bytes", value);
  }

  private static List<Oid> oids(String call, @Nullable Object value) {
    if (!(value instanceof List<?> list)) {
      throw shape(call, "a list of oids", value);
    }
    List<Oid> oids = new ArrayList<>(list.size());
    for (Object element : list) {
      oids.add(oid(call, element));
    }
    return oids;
  }

  private static Map<String, @Nullable Object> named(String call, @Nullable Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      throw shape(call, "a dict", value);
    }
    Map<String, @Nullable Object> named = new LinkedHashMap<>();
    map.forEach((key, element) -> {
      if (!(key instanceof String name)) {
        throw shape(call, "a dict with str keys", key);
      }
      named.put(name, element);
    });
    return named;
  }

  private static ProtocolException shape(String call, String expected, @Nullable Object value) {
    String found = value instanceof BigInteger ? "a huge int" : Words.kind(value);
    return new ProtocolException(call + " should answer " + expected + ", not " + found);
  }
}
