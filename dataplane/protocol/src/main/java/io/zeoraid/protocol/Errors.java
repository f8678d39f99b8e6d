package io.zeoraid.protocol;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The exceptions of the protocol: those that a server raises so that a real client rebuilds them,
 * and what to make of those that a backend raised.
 *
 * <p>On the wire an exception is its class and {@code exc.__dict__ or exc.args} ({@code
 * reduce_exception} in {@code ZEO/asyncio/marshal.py}). Which ones a client rebuilds stands in
 * {@code exc_factories} of {@code ZEO/asyncio/client.py}; every other one becomes a {@code
 * ServerException}. Thread-safe.
 */
public final class Errors {
  private static final String POS = "ZODB.POSException.";
  private static final String BUILTINS = "builtins.";
  private static final String MULTIPLE_UNDO = POS + "MultipleUndoErrors";

  private static final Set<String> CONFLICTS =
      Set.of(POS + "ConflictError", POS + "ReadConflictError", POS + "BTreesConflictError");

  /**
   * What a healthy storage raises because of what it was asked. The others (OSError, MemoryError,
   * StorageSystemError, corruption, a full quota, or what nobody thought of) speak about the
   * storage.
   */
  private static final Set<String> ANSWERS =
      Set.of(
          POS + "POSKeyError",
          POS + "ReadOnlyError",
          POS + "StorageTransactionError",
          POS + "TransactionTooLargeError",
          POS + "UndoError",
          MULTIPLE_UNDO,
          POS + "DanglingReferenceError",
          POS + "VersionError",
          POS + "VersionCommitError",
          POS + "VersionLockError",
          POS + "ReadOnlyHistoryError",
          POS + "InvalidObjectReference",
          POS + "Unsupported",
          // "Already packing", "Invalid pack time", "user name too long": its subclasses, which do
          // speak about the storage, have other names.
          "ZODB.FileStorage.FileStorage.FileStorageError",
          "ZODB.blob.BlobStorageError",
          // A request that the storage cannot digest fails alike on every backend; were it counted
          // as a failure, one bad client could take down the whole RAID.
          "binascii.Error");

  private static final Set<String> BUILTIN_ANSWERS =
      Set.of(
          "KeyError",
          "IndexError",
          "TypeError",
          "ValueError",
          "AttributeError",
          "AssertionError",
          "NotImplementedError",
          "UnicodeDecodeError",
          "UnicodeEncodeError");

  private Errors() {}

  /** {@code ReadOnlyError()}: this connection or storage takes no writes. */
  public static RemoteError readOnly() {
    return new RemoteError(POS + "ReadOnlyError", List.of());
  }

  /**
   * {@code POSKeyError(oid)}: unknown or deleted, as {@code FileStorage.loadBefore} raises it.
   *
   * @param oid null for None
   */
  public static RemoteError posKeyError(@Nullable Oid oid) {
    return new RemoteError(
        POS + "POSKeyError", Collections.singletonList(oid == null ? null : oid.toBytes()));
  }

  /** {@code POSKeyError(message, oid, serial)}: no such blob, as {@code ZODB.blob} raises it. */
  public static RemoteError noBlob(String message, Oid oid, Tid serial) {
    return new RemoteError(POS + "POSKeyError", List.of(message, oid.toBytes(), serial.toBytes()));
  }

  /**
   * {@code StorageTransactionError(message)}: the call does not fit the state of the transaction.
   */
  public static RemoteError storageTransaction(String message) {
    return new RemoteError(POS + "StorageTransactionError", List.of(message));
  }

  /**
   * {@code StorageTransactionError(current, given)}: there is no such transaction, as {@code
   * ZEOStorage._check_tid} raises it.
   *
   * @param current the id of the connection's transaction, or null
   */
  public static RemoteError wrongTransaction(@Nullable Object current, Object given) {
    return new RemoteError(POS + "StorageTransactionError", Arrays.asList(current, given));
  }

  /**
   * {@code KeyError(key)}.
   *
   * @param key plain data
   */
  public static RemoteError keyError(Object key) {
    return new RemoteError(BUILTINS + "KeyError", List.of(key));
  }

  /** {@code TypeError(message)}. */
  public static RemoteError typeError(String message) {
    return new RemoteError(BUILTINS + "TypeError", List.of(message));
  }

  /** {@code ValueError(message)}; a client shows it as {@code ServerException}. */
  public static RemoteError valueError(String message) {
    return new RemoteError(BUILTINS + "ValueError", List.of(message));
  }

  /**
   * {@code Exception(message)}: {@code ZEOStorage.iterator_record_start} raises it. A client shows
   * it as {@code ServerException}.
   */
  public static RemoteError exception(String message) {
    return new RemoteError(BUILTINS + "Exception", List.of(message));
  }

  /** {@code POSException.Unsupported(message)}; a client shows it as {@code ServerException}. */
  public static RemoteError unsupported(String message) {
    return new RemoteError(POS + "Unsupported", List.of(message));
  }

  /**
   * {@code StorageError(message)}: the storage cannot serve at all; a client shows it as {@code
   * ServerException}. Not an {@linkplain #isAnswer answer}.
   */
  public static RemoteError storage(String message) {
    return new RemoteError(POS + "StorageError", List.of(message));
  }

  /**
   * Whether two transactions changed the same object: the client is to try its transaction again.
   */
  public static boolean isConflict(RemoteError error) {
    return CONFLICTS.contains(error.type());
  }

  /** Whether the object or revision that was asked for is not there. */
  public static boolean isPosKeyError(RemoteError error) {
    return error.type().equals(POS + "POSKeyError");
  }

  /** Whether a transaction can't be undone, or nothing can at the moment. */
  public static boolean isUndoError(RemoteError error) {
    return error.type().equals(POS + "UndoError");
  }

  /**
   * Whether the storage is well and this is its answer, which belongs to the client: a conflict, an
   * unknown object, a transaction in the wrong state, a failed undo, a call it cannot digest. False
   * if the error speaks about the storage itself: {@code OSError}, {@code StorageSystemError},
   * corruption, and everything not known to be an answer.
   */
  public static boolean isAnswer(RemoteError error) {
    String type = error.type();
    if (isConflict(error) || ANSWERS.contains(type)) {
      return true;
    }
    // Python 2 calls its builtin exceptions "exceptions.KeyError".
    for (String module : List.of(BUILTINS, "exceptions.")) {
      if (type.startsWith(module)) {
        return BUILTIN_ANSWERS.contains(type.substring(module.length()));
      }
    }
    return false;
  }

  /** One line for logs and status: the class without its module, and its arguments in words. */
  public static String describe(RemoteError error) {
    String name = error.type().substring(error.type().lastIndexOf('.') + 1);
    String arguments = Words.describe(error.arguments());
    return arguments.isEmpty() ? name : name + ": " + arguments;
  }

  /**
   * The error with nothing in it but data that both encodings can say. {@code MultipleUndoErrors}
   * embeds exceptions: pairs of an oid and an {@code UndoError}, which pickle writes as an object
   * and msgpack as {@code (class, state)}. A client only prints them ({@code _fmt_undo} in {@code
   * ZODB/POSException.py}), and prints nothing but a {@code TypeError} if it gets {@code (class,
   * state)}; so they become their reasons.
   */
  static RemoteError plain(RemoteError error) {
    if (!error.type().equals(MULTIPLE_UNDO)
        || !(error.arguments() instanceof Map<?, ?> attributes)) {
      return portable(error);
    }
    Map<@Nullable Object, @Nullable Object> plain = new LinkedHashMap<>(attributes);
    plain.replaceAll((name, value) -> reason(value));
    if (attributes.get("_errs") instanceof List<?> pairs) {
      var reasons = new PyList();
      for (Object pair : pairs) {
        if (pair instanceof List<?> two) {
          List<@Nullable Object> words = new ArrayList<>();
          two.forEach(value -> words.add(reason(value)));
          reasons.add(words);
        } else {
          reasons.add(pair);
        }
      }
      plain.put("_errs", reasons);
    }
    return portable(new RemoteError(error.type(), plain));
  }

  private static RemoteError portable(RemoteError error) {
    return new RemoteError(error.type(), Portable.of(error.arguments()));
  }

  private static @Nullable Object reason(@Nullable Object value) {
    if (value instanceof List<?> pair
        && pair.size() == 2
        && pair.get(0) instanceof String type
        && pair.get(1) instanceof Map<?, ?> state) {
      return state.get("_reason") instanceof String reason
          ? reason
          : describe(new RemoteError(type, state));
    }
    return value;
  }
}
