package io.zeoraid.bench.generator;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.VoteAnswer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client that commits one transaction after the other, each with new revisions of objects that
 * nobody else writes; so there are no conflicts. Confined to the event loop.
 */
final class Committer extends Worker {
  private static final long OIDS = Connection.FIRST_CALL;
  private static final long VOTE = OIDS + 1;
  private static final long FINISH = OIDS + 2;
  private static final byte[] NO_TEXT = {};

  private List<Oid> oids = List.of();
  private List<byte[]> records = List.of();
  private Tid serial = Tid.NONE;
  private long transaction;
  private long began;

  Committer(Generator.Run run) {
    super(run);
  }

  @Override
  void prepare(Tid last) {
    connection().send(OIDS, new Request.NewOids(100));
  }

  private void chosen(List<Oid> fresh) {
    int count = workload().objects();
    if (fresh.size() < count) {
      failed("the server gave " + fresh.size() + " new oids, but " + count + " are needed");
      return;
    }
    oids = List.copyOf(fresh.subList(0, count));
    records = oids.stream().map(oid -> Records.sized(oid, workload().objectBytes())).toList();
    prepared();
  }

  @Override
  void begin() {
    started();
    began = System.nanoTime();
    transaction++;
    Connection to = connection();
    to.send(0, new Request.TpcBegin(transaction, NO_TEXT, NO_TEXT, Map.of(), null, " "));
    for (int i = 0; i < oids.size(); i++) {
      to.send(0, new Request.Store(oids.get(i), serial, records.get(i), transaction));
    }
    to.send(VOTE, new Request.Vote(transaction));
  }

  @Override
  public void replied(long call, @Nullable Object value) {
    if (call == OIDS) {
      chosen(Results.oids(value));
    } else if (call == VOTE) {
      if (Results.vote(value) instanceof VoteAnswer.Resolved) {
        connection().send(FINISH, new Request.TpcFinish(transaction));
      } else {
        failed("a conflict, but nobody else writes these objects");
      }
    } else {
      finished(Results.tid(value));
    }
  }

  private void finished(Tid tid) {
    if (!tid.isAfter(serial)) {
      failed("tpc_finish answered " + tid + " after " + serial);
      return;
    }
    serial = tid;
    if (ended(began)) {
      begin();
    }
  }
}
