package io.zeoraid.protocol;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to {@link Request.RaidFollow}: where a server that follows begins.
 *
 * @param epoch the epoch of the primary's view
 * @param inSync the backends in sync
 * @param after the transactions begin behind this one; if the follower has not announced as much,
 *     it has missed some
 * @param transactions what was announced since, in order
 */
public record Followed(
    long epoch, List<String> inSync, Tid after, List<Invalidations> transactions) {

  /** As plain data, for {@link Codec#encodeReply}. */
  public Object toPlain() {
    PyList tail = new PyList();
    for (Invalidations transaction : transactions) {
      PyList oids = new PyList();
      transaction.oids().forEach(oid -> oids.add(oid.toBytes()));
      tail.add(Arrays.asList(transaction.tid().toBytes(), oids));
    }
    return Arrays.asList(epoch, new PyList(inSync), after.toBytes(), tail);
  }

  /**
   * From plain data.
   *
   * @throws ProtocolException if it has another shape
   */
  public static Followed ofPlain(@Nullable Object value) {
    Arguments parts = new Arguments("the answer to raid_follow", value, 4, 4);
    List<Invalidations> transactions = new ArrayList<>();
    if (!(parts.any(3) instanceof List<?> tail)) {
      throw new ProtocolException("raid_follow should answer a list of transactions");
    }
    for (Object element : tail) {
      Arguments transaction = new Arguments("a transaction of raid_follow", element, 2, 2);
      transactions.add(new Invalidations(transaction.tid(0), transaction.oids(1)));
    }
    return new Followed(parts.number(0), parts.texts(1), parts.tid(2), transactions);
  }
}
