package io.zeoraid.server.storage;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import io.zeoraid.server.backend.BlobSink;
import io.zeoraid.server.client.StorageSession;
import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * A blob on its way to a client that has asked for it, as fast as the client takes it. If it comes
 * from a second backend because the first one was lost, what the client has got already is passed
 * over. Confined to the event loop.
 */
final class BlobForClient implements BlobSink {
  private final StorageSession client;
  private final BiConsumer<StorageSession, ServerMessage> tell;
  private final long request;
  private final Oid oid;
  private final Tid serial;
  private boolean begun;
  private boolean complete;
  private long sent;
  private long toSkip;

  BlobForClient(
      StorageSession client,
      BiConsumer<StorageSession, ServerMessage> tell,
      long request,
      Request.SendBlob blob) {
    this.client = client;
    this.tell = tell;
    this.request = request;
    this.oid = blob.oid();
    this.serial = blob.serial();
  }

  /** Whether it is what this request of the client asked for. */
  boolean isFor(long number) {
    return request == number;
  }

  @Override
  public void started() {
    toSkip = sent;
    if (!begun) {
      begun = true;
      tell.accept(client, new ServerMessage.ReceiveBlobStart(oid, serial));
    }
  }

  @Override
  public void chunk(byte[] bytes) {
    int skipped = (int) Math.min(toSkip, bytes.length);
    toSkip -= skipped;
    if (skipped == bytes.length) {
      return;
    }
    mustBeIncomplete();
    sent += bytes.length - skipped;
    byte[] rest = skipped == 0 ? bytes : Arrays.copyOfRange(bytes, skipped, bytes.length);
    tell.accept(client, new ServerMessage.ReceiveBlobChunk(oid, serial, rest));
  }

  @Override
  public void stopped() {
    if (toSkip > 0) {
      throw new ProtocolException("its blob is shorter than what another backend has sent of it");
    }
    if (!complete) {
      complete = true;
      tell.accept(client, new ServerMessage.ReceiveBlobStop(oid, serial));
    }
  }

  private void mustBeIncomplete() {
    if (complete) {
      throw new ProtocolException("its blob is longer than that of another backend");
    }
  }

  @Override
  public boolean wantsMore() {
    return client.isWritable();
  }

  @Override
  public void whenItWantsMore(Runnable task) {
    client.whenWritable(task);
  }
}
