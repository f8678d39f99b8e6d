package io.zeoraid.raid;

import io.zeoraid.protocol.TransactionHeader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * R5, Browse: the no-ops by which primaries take office (R1) are in every backend's log, with a
 * description that tells people what they are. Clients are not shown them: there is nothing to undo
 * in them, a stock ZEO server has none, and whoever copies one RAID into another would meet the
 * first one there again.
 */
public final class NoOps {
  /**
   * Short on purpose: a FileStorage that holds nothing else can't be opened with its index once it
   * has 100 bytes ({@code _check_sanity}); so it may hold two of them.
   */
  public static final String DESCRIPTION = "ZEORaid primary";

  /** The header of a transaction ({@code ZODB/FileStorage/format.py}), and the description. */
  private static final long BYTES = 23 + DESCRIPTION.length();

  /** An entry of {@code undoLog} without an extension ({@code FileStorage.UndoSearch}). */
  private static final int ENTRY_KEYS = 5;

  private NoOps() {}

  /** Whether it is a no-op, if it has no records. */
  static boolean mayBe(TransactionHeader header) {
    return isDescription(header.description());
  }

  /** An undo list without its no-ops. */
  static List<Map<String, @Nullable Object>> leftOut(List<Map<String, @Nullable Object>> undoable) {
    return undoable.stream().filter(entry -> !isNoOp(entry)).toList();
  }

  private static boolean isNoOp(Map<String, @Nullable Object> undoable) {
    return undoable.size() == ENTRY_KEYS
        && isDescription(undoable.get("description"))
        && undoable.get("size") instanceof Number size
        && size.longValue() == BYTES;
  }

  private static boolean isDescription(@Nullable Object said) {
    return said instanceof byte[] bytes
        ? Arrays.equals(bytes, DESCRIPTION.getBytes(StandardCharsets.US_ASCII))
        : DESCRIPTION.equals(said);
  }
}
