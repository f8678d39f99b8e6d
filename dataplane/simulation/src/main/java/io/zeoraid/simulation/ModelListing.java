package io.zeoraid.simulation;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.PyList;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a model server lists of its log, as {@code FileStorage} does. */
final class ModelListing {
  private ModelListing() {}

  private static List<Committed> newestFirst(Volume volume) {
    return new ArrayList<>(volume.log()).reversed();
  }

  static void history(Volume volume, Wire wire, long call, Request.History wanted) {
    List<Committed> all =
        newestFirst(volume).stream().filter(c -> c.records().containsKey(wanted.oid())).toList();
    if (all.isEmpty()) {
      wire.fail(call, Errors.posKeyError(wanted.oid()));
      return;
    }
    PyList list = new PyList();
    all.stream()
        .limit(Math.max(0, wanted.size()))
        .forEach(c -> list.add(entry("tid", c.tid().toBytes(), c)));
    wire.reply(call, list);
  }

  private static Map<String, Object> entry(String key, byte[] tid, Committed of) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put(key, tid);
    entry.put("user_name", of.user());
    return entry;
  }

  static void undoLog(Volume volume, Wire wire, long call, long first, long last) {
    PyList list = new PyList();
    newestFirst(volume).stream()
        .takeWhile(c -> c.tid().isAfter(volume.packedTo()))
        .limit(last < 0 ? first - last : last)
        .skip(first)
        .forEach(c -> list.add(undoable(c)));
    wire.reply(call, list);
  }

  private static Map<String, Object> undoable(Committed of) {
    Map<String, Object> entry = entry("id", Base64.getEncoder().encode(of.tid().toBytes()), of);
    entry.put("time", 0.0);
    entry.put("size", 23L + of.description().length()); // that of the records does not matter
    entry.put("description", of.description());
    return entry;
  }

  static void next(Volume volume, Wire wire, long call, @Nullable Oid from) {
    NavigableSet<Oid> oids = new TreeSet<>();
    volume.log().forEach(c -> oids.addAll(c.records().keySet()));
    Oid oid = oids.ceiling(from == null ? Oid.ROOT : from);
    Committed current = oid == null ? null : volume.before(oid, Tid.MAX);
    if (oid == null || current == null) {
      wire.fail(call, Errors.valueError("empty tree"));
      return;
    }
    Oid next = oids.higher(oid);
    wire.reply(
        call,
        Arrays.asList(
            oid.toBytes(),
            current.tid().toBytes(),
            current.records().get(oid),
            next == null ? null : next.toBytes()));
  }
}
