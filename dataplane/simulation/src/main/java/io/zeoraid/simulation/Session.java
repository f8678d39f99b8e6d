package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection from a client to a RAID server. */
final class Session {
  final long number;
  final RaidProcess process;
  private final ModelClient client;
  private final Fifo toProcess;
  private final Fifo toClient;
  private boolean open = true;

  /** The transaction that it voted on last, as the RAID server knows it. */
  @Nullable Content content;

  /** Its number there. */
  long transaction;

  Session(Scheduler scheduler, long number, ModelClient client, RaidProcess process) {
    this.number = number;
    this.client = client;
    this.process = process;
    toProcess = new Fifo(scheduler, () -> 0);
    toClient = new Fifo(scheduler, () -> 0);
  }

  /** The name of the server that it is connected to. */
  String slot() {
    return process.slot;
  }

  void ask(long request, ClientRequest what, @Nullable Content of) {
    toProcess.send(() -> process.clientAsked(this, request, what, of));
  }

  /** The client goes away. */
  void leave() {
    open = false;
    toProcess.send(() -> process.clientLeft(this));
  }

  void answer(long request, ClientReply reply) {
    toClient.send(() -> open, () -> client.answered(request, reply));
  }

  void announce(Tid tid, List<Oid> oids) {
    toClient.send(() -> open, () -> client.invalidated(tid, oids));
  }

  /** The RAID server closes it, or dies. */
  void close() {
    toClient.send(
        () -> open,
        () -> {
          open = false;
          client.disconnected();
        });
  }
}
