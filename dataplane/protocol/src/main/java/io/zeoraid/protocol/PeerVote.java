package io.zeoraid.protocol;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to {@link Request.RaidVote}: voted, with this tid.
 *
 * @param tid the tid that it will have
 * @param resolved the oids that the backends resolved, or changed by undoing
 */
public record PeerVote(Tid tid, List<Oid> resolved) {

  /** As plain data, for {@link Codec#encodeReply}. */
  public Object toPlain() {
    PyList oids = new PyList();
    resolved.forEach(oid -> oids.add(oid.toBytes()));
    return Arrays.asList(tid.toBytes(), oids);
  }

  /**
   * From plain data.
   *
   * @throws ProtocolException if it has another shape
   */
  public static PeerVote ofPlain(@Nullable Object value) {
    Arguments parts = new Arguments("the answer to raid_vote", value, 2, 2);
    return new PeerVote(parts.tid(0), parts.oids(1));
  }
}
