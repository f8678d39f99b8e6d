package io.zeoraid.server.transaction;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Conflicts of a transaction that were handed to its client: what it stores of these objects from
 * now on takes the place of what it stored before ({@code tpc_vote} in {@code
 * ZEO/ClientStorage.py}). Confined to the event loop.
 */
final class Resolution {

  /** The operations before this one were voted on. */
  private final long voted;

  /** The bytes that were stored of each object. */
  private final Map<Oid, Long> conflicting = new HashMap<>();

  private final Set<Oid> resolved = new HashSet<>();

  /**
   * @param voted how many operations were voted on
   */
  Resolution(long voted) {
    this.voted = voted;
  }

  /** The client is told of a conflict about this object. */
  void conflict(Request.Store store) {
    conflicting.merge(store.oid(), (long) store.data().length, Long::sum);
  }

  /**
   * The client stores an object.
   *
   * @return how many bytes of what it stored before are of no use any more
   */
  long stored(Oid oid) {
    Long bytes = conflicting.remove(oid);
    if (bytes == null) {
      return 0;
    }
    resolved.add(oid);
    return bytes;
  }

  boolean isEmpty() {
    return resolved.isEmpty();
  }

  /** The operations without those that others have taken the place of. */
  Iterator<Request> kept(Iterator<Request> operations) {
    return new Iterator<>() {
      private long read;
      private @Nullable Request next = advance();

      private @Nullable Request advance() {
        while (operations.hasNext()) {
          Request operation = operations.next();
          boolean old = read++ < voted;
          if (!(old
              && operation instanceof Request.Store store
              && resolved.contains(store.oid()))) {
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
    };
  }
}
