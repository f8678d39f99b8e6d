package io.zeoraid.server.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class IncomingBlobTest {
  private static final Oid OID = new Oid(1);
  private static final Tid SERIAL = new Tid(2);

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Sink sink = new Sink();
  private final IncomingBlob blob = new IncomingBlob(7, OID, SERIAL, sink, channel);

  private static final class Sink implements BlobSink {
    final List<String> heard = new ArrayList<>();
    final List<Runnable> waiting = new ArrayList<>();
    boolean full;

    @Override
    public void started() {
      heard.add("start");
    }

    @Override
    public void chunk(byte[] bytes) {
      heard.add("chunk " + bytes.length);
    }

    @Override
    public void stopped() {
      heard.add("stop");
    }

    @Override
    public boolean wantsMore() {
      return !full;
    }

    @Override
    public void whenItWantsMore(Runnable task) {
      waiting.add(task);
    }
  }

  private void chunk(int length) {
    blob.chunk(new ServerMessage.ReceiveBlobChunk(OID, SERIAL, new byte[length]));
  }

  @Test
  void nothingIsReadWhileItsSinkIsFull() {
    blob.start(new ServerMessage.ReceiveBlobStart(OID, SERIAL));
    chunk(1);
    assertFalse(blob.isPaused());
    sink.full = true;
    chunk(2);
    chunk(3);
    assertTrue(blob.isPaused());
    assertFalse(channel.config().isAutoRead());
    assertEquals(1, sink.waiting.size());

    sink.full = false;
    sink.waiting.getFirst().run();
    assertFalse(blob.isPaused());
    assertTrue(channel.config().isAutoRead());
    blob.stop(new ServerMessage.ReceiveBlobStop(OID, SERIAL));
    assertEquals("value", blob.answered("value"));
    assertEquals(List.of("start", "chunk 1", "chunk 2", "chunk 3", "stop"), sink.heard);
  }

  @Test
  void whatWasNotAskedForOrIsOutOfOrderIsRefused() {
    assertThrows(ProtocolException.class, () -> chunk(1));
    assertThrows(
        ProtocolException.class,
        () -> blob.start(new ServerMessage.ReceiveBlobStart(new Oid(5), SERIAL)));
    blob.start(new ServerMessage.ReceiveBlobStart(OID, SERIAL));
    assertThrows(
        ProtocolException.class, () -> blob.start(new ServerMessage.ReceiveBlobStart(OID, SERIAL)));
    assertThrows(ProtocolException.class, () -> blob.answered(null));
    blob.stop(new ServerMessage.ReceiveBlobStop(OID, SERIAL));
    assertThrows(ProtocolException.class, () -> chunk(1));
    assertEquals(List.of("start", "stop"), sink.heard);
  }
}
