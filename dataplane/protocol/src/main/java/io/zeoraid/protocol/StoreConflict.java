package io.zeoraid.protocol;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A store on a revision that is not current any more.
 *
 * @param committed the current revision
 * @param read the one that was stored on
 */
public record StoreConflict(Oid oid, Tid committed, Tid read) {
  private static final String CONFLICT_ERROR = "ZODB.POSException.ConflictError";

  /**
   * What a {@code ConflictError} says ({@code ZODB/POSException.py}). Empty if it is another error,
   * such as a {@code ReadConflictError}, or does not name object and revisions: then no data can
   * resolve it.
   */
  public static Optional<StoreConflict> of(RemoteError error) {
    if (error.type().equals(CONFLICT_ERROR)
        && error.arguments() instanceof Map<?, ?> attributes
        && attributes.get("oid") instanceof byte[] oid
        && attributes.get("serials") instanceof List<?> serials
        && serials.size() == 2
        && serials.get(0) instanceof byte[] committed
        && serials.get(1) instanceof byte[] read
        && oid.length == Long.BYTES
        && committed.length == Long.BYTES
        && read.length == Long.BYTES) {
      return Optional.of(
          new StoreConflict(Oid.ofBytes(oid), Tid.ofBytes(committed), Tid.ofBytes(read)));
    }
    return Optional.empty();
  }

  /**
   * As it stands in the answer to a vote, for the client to resolve ({@code ZEO/StorageServer.py},
   * {@code _store}).
   *
   * @param data what was stored
   */
  public Map<String, @Nullable Object> toPlain(byte[] data) {
    Map<String, @Nullable Object> plain = new LinkedHashMap<>();
    plain.put("oid", oid.toBytes());
    plain.put("serials", Arrays.asList(committed.toBytes(), read.toBytes()));
    plain.put("data", data);
    return plain;
  }
}
