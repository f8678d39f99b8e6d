package io.zeoraid.bench.echo;

import io.zeoraid.bench.generator.Records;
import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the echo server answers; shared by its connections. Confined to its event loop. */
final class EchoAnswers {
  private static final Tid FIRST = new Tid(1);
  private static final int NEW_OIDS = 100;

  private final Loaded[] records = new Loaded[Records.COUNT];
  private Tid last = FIRST;
  private long lastOid = Records.COUNT;

  EchoAnswers() {
    for (int i = 0; i < records.length; i++) {
      records[i] = new Loaded(Records.of(new Oid(i + 1L)), FIRST, null);
    }
  }

  /**
   * The value of the reply.
   *
   * @throws IllegalArgumentException if it has none
   */
  @Nullable Object answer(Request request) {
    return switch (request) {
      case Request.Register register -> last.toBytes();
      case Request.LoadBefore load -> records[(int) load.oid().value() - 1];
      case Request.NewOids oids -> newOids();
      case Request.Vote vote -> null;
      case Request.TpcFinish finish -> {
        last = last.next();
        yield last.toBytes();
      }
      default -> throw new IllegalArgumentException("the echo server has no " + request.method());
    };
  }

  private List<byte[]> newOids() {
    List<byte[]> oids = new ArrayList<>(NEW_OIDS);
    for (int i = 0; i < NEW_OIDS; i++) {
      oids.add(new Oid(++lastOid).toBytes());
    }
    return oids;
  }
}
