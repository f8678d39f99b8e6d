package io.zeoraid.server.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.server.client.StorageSession;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BlobForClientTest {
  private final List<String> told = new ArrayList<>();
  private final BlobForClient blob =
      new BlobForClient(
          new Nobody(), (client, message) -> tell(message), 1, new Request.SendBlob(oid(), tid()));

  private static Oid oid() {
    return new Oid(1);
  }

  private static Tid tid() {
    return new Tid(2);
  }

  private void tell(ServerMessage message) {
    told.add(
        switch (message) {
          case ServerMessage.ReceiveBlobStart start -> "start";
          case ServerMessage.ReceiveBlobChunk chunk ->
              new String(chunk.chunk(), StandardCharsets.UTF_8);
          case ServerMessage.ReceiveBlobStop stop -> "stop";
          default -> throw new IllegalStateException("not of a blob: " + message);
        });
  }

  private void send(String... chunks) {
    blob.started();
    for (String chunk : chunks) {
      blob.chunk(chunk.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void aSecondBackendGoesOnWhereTheFirstOneWasLost() {
    send("abc", "def");
    send("ab", "cdefg", "h");
    blob.stopped();

    assertEquals(List.of("start", "abc", "def", "g", "h", "stop"), told);
  }

  @Test
  void oneThatWasSentCompletelyIsNotSentAgain() {
    send("abc");
    blob.stopped();
    send("a", "bc");
    blob.stopped();

    assertEquals(List.of("start", "abc", "stop"), told);
  }

  @Test
  void backendsWhoseBlobsDifferInLengthAreNotBelieved() {
    send("abc");
    send("ab");
    assertThrows(ProtocolException.class, blob::stopped);
    send("abc");
    blob.stopped();
    assertThrows(ProtocolException.class, () -> send("abcd"));
  }

  private static final class Nobody implements StorageSession {
    @Override
    public long number() {
      return 1;
    }

    @Override
    public Encoding encoding() {
      return Encoding.PICKLE;
    }

    @Override
    public boolean isRegistered() {
      return true;
    }

    @Override
    public void answered(long request, ClientReply reply) {}

    @Override
    public void send(byte[] frame) {}

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void whenWritable(Runnable task) {}

    @Override
    public void drop(String why) {}
  }
}
