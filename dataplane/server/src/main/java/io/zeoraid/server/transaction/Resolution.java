package io.zeoraid.server.transaction;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Conflicts of a transaction that were handed to its client: what it stores of these objects from
 * then on takes the place of what it stored before ({@code tpc_vote} in {@code
 * ZEO/ClientStorage.py}). What was replaced stays where it is, and is left out when the transaction
 * is sent. Confined to the event loop.
 */
final class Resolution {

  /** The operations before this one were voted on. */
  private long voted;

  /** The bytes that were stored of each object that the client was told of. */
  private final Map<Oid, Integer> conflicting = new HashMap<>();

  /** What was stored of an object before this operation is of no use any more. */
  private final Map<Oid, Long> replacedBefore = new HashMap<>();

  /**
   * The client is told of conflicts.
   *
   * @param operations how many were voted on
   */
  void begin(long operations) {
    voted = operations;
    conflicting.clear();
  }

  /** One of them is about this object. */
  void conflict(Oid oid, int bytes) {
    conflicting.put(oid, bytes);
  }

  /**
   * The client stores an object.
   *
   * @return how many bytes of what it stored before are of no use any more
   */
  int stored(Oid oid) {
    Integer bytes = conflicting.remove(oid);
    if (bytes == null) {
      return 0;
    }
    replacedBefore.put(oid, voted);
    return bytes;
  }

  /** The operations without those that others have taken the place of. */
  Iterator<Request> kept(Iterator<Request> operations) {
    return replacedBefore.isEmpty() ? operations : new Kept(operations);
  }

  private final class Kept implements Iterator<Request> {
    private final Iterator<Request> operations;
    private long read;
    private @Nullable Request next;

    Kept(Iterator<Request> operations) {
      this.operations = operations;
      next = advance();
    }

    private @Nullable Request advance() {
      while (operations.hasNext()) {
        Request operation = operations.next();
        long number = read++;
        if (!(operation instanceof Request.Store store
            && number < replacedBefore.getOrDefault(store.oid(), 0L))) {
          return operation;
        }
      }
      return null;
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public Request next() {
      Request result = next;
      if (result == null) {
        throw new NoSuchElementException("all operations were read");
      }
      next = advance();
      return result;
    }
  }
}
