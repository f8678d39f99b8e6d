package io.zeoraid.server.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import java.io.IOException;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a registered client may ask, apart from transactions. */
@Timeout(120)
final class ClientSessionTest {
  private final LoopbackServer server = new LoopbackServer(LoopbackServer.LIMITS);
  private RawClient client;

  @BeforeEach
  void connect() throws IOException {
    client = RawClient.registered(server.port, false);
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  @Test
  void loads() throws IOException {
    assertEquals(
        FakeStorage.LAST,
        Tid.ofBytes((byte[]) client.list(new Request.LoadBefore(new Oid(1), Tid.MAX)).get(1)));
    assertNull(client.result(new Request.LoadBefore(Oid.ROOT, Tid.MAX)));
    assertArrayEquals(
        new byte[] {8}, (byte[]) client.result(new Request.LoadSerial(new Oid(1), new Tid(1))));
    assertEquals(FakeStorage.LAST, client.tid(new Request.GetTid(new Oid(1))));
  }

  @Test
  void aLoadThatFailsIsAnErrorToItsCaller() throws IOException {
    RemoteError unknown = Errors.posKeyError(new Oid(1));
    server.storage.answers = what -> new ClientReply.Failed(unknown);

    RemoteError error = client.error(new Request.LoadBefore(new Oid(1), Tid.MAX));

    assertEquals(unknown.type(), error.type());
  }

  @Test
  void answersInTheOrderOfTheRaidsReplies() throws Exception {
    server.storage.letWait(ClientRequest.Load.class);
    long load = client.send(new Request.LoadBefore(new Oid(1), Tid.MAX));
    client.result(new Request.Ping());
    FakeStorage.Asked asked = server.storage.unanswered.take();
    server.onLoop(() -> {
      asked.session().answered(asked.request(), FakeStorage.answer(asked.what()));
      return true;
    });

    client.result(load);
  }

  @Test
  void aReplyToWhatNobodyAskedIsDropped() throws Exception {
    StorageSession session = server.storage.joined.take();
    server.onLoop(() -> {
      session.answered(12345, new ClientReply.Done());
      return true;
    });

    client.result(new Request.Ping());
  }

  @Test
  void tellsWhatChanged() throws IOException {
    List<?> changed = client.list(new Request.GetInvalidations(new Tid(1)));
    assertEquals(FakeStorage.LAST, Tid.ofBytes((byte[]) changed.getFirst()));
    assertEquals(2, ((List<?>) changed.get(1)).size());

    server.storage.answers = what -> new ClientReply.ChangesUnknown();
    assertNull(client.result(new Request.GetInvalidations(new Tid(1))));
  }

  @Test
  void tellsOfTheStorage() throws IOException {
    assertEquals(FakeStorage.LAST, client.tid(new Request.LastTransaction()));
    assertEquals(Map.of("name", "fake"), client.result(new Request.GetInfo()));
    assertEquals(Map.of("loads", 3L), client.result(new Request.ServerStatus()));
    assertEquals(3, client.list(new Request.NewOids(3)).size());
  }

  @Test
  void speaksTheWordsOfGoceptZeoraid() throws IOException {
    assertEquals("degraded", client.result(new Request.RaidStatus()));
    assertEquals(
        Map.of("a", "optimal", "b", "failed: gone"), client.result(new Request.RaidDetails()));
    assertEquals("recovering b", client.result(new Request.RaidRecover("b")));
    assertEquals("reloaded", client.result(new Request.RaidReload()));
    assertEquals(
        Errors.valueError("a is the last one"), client.error(new Request.RaidDisable("a")));
  }

  @Test
  void readOnlyClientsMayAdministerAndGetNoOids() throws IOException {
    try (RawClient reader = RawClient.registered(server.port, true)) {
      assertEquals("recovering b", reader.result(new Request.RaidRecover("b")));
      assertEquals(Errors.readOnly(), reader.error(new Request.NewOids(1)));
    }
  }

  @Test
  void browses() throws IOException {
    server.storage.answers =
        what ->
            what instanceof ClientRequest.Browse(Request request)
                ? new ClientReply.Value(List.of(request.method()))
                : FakeStorage.answer(what);
    for (Request request :
        List.of(
            new Request.History(new Oid(1), 1),
            new Request.UndoLog(0, 20),
            new Request.UndoInfo(0, 20, Map.of("user_name", "me")),
            new Request.RecordIternext(null),
            new Request.IteratorStart(null, null),
            new Request.IteratorNext(0),
            new Request.IteratorRecordStart(0, new Tid(1)),
            new Request.IteratorRecordNext(0),
            new Request.SendBlob(new Oid(1), new Tid(1)))) {
      assertEquals(List.of(request.method()), client.list(request));
    }
  }

  @Test
  void doesNotSendWhatIsTooLongOrCannotBeEncoded() throws IOException {
    server.storage.answers =
        what ->
            what instanceof ClientRequest.Browse
                ? new ClientReply.Value(new byte[LoopbackServer.LIMITS.maxFrameBytes()])
                : FakeStorage.answer(what);
    RemoteError tooLong = client.error(new Request.UndoLog(0, 20));
    assertTrue(Errors.describe(tooLong).contains("max-message-size"), tooLong.toString());

    server.storage.answers =
        what ->
            what instanceof ClientRequest.Browse
                ? new ClientReply.Value(new Object())
                : FakeStorage.answer(what);
    RemoteError strange = client.error(new Request.UndoLog(0, 20));
    assertTrue(Errors.describe(strange).contains("can't be encoded"), strange.toString());
    client.result(new Request.Ping());
  }

  @Test
  void whatMsgpackCannotSayIsAnErrorInWords() throws IOException {
    BigInteger big = BigInteger.ONE.shiftLeft(80);
    RemoteError odd = new RemoteError("ZODB.POSException.POSKeyError", List.of(big));
    server.storage.info = Map.of("size", big);
    server.storage.answers =
        what ->
            what instanceof ClientRequest.Load
                ? new ClientReply.Failed(odd)
                : FakeStorage.answer(what);
    try (RawClient other = new RawClient(server.port, Encoding.MSGPACK)) {
      other.readFrame();
      other.write(Handshake.frame(Encoding.MSGPACK));
      other.result(new Request.Register("1", false));

      assertEquals(
          Errors.storage("POSKeyError: " + big),
          other.error(new Request.LoadBefore(Oid.ROOT, Tid.MAX)));
      RemoteError strange = other.error(new Request.GetInfo());
      assertTrue(Errors.describe(strange).contains("can't be encoded"), strange.toString());
      other.result(new Request.Ping());
    }
    RemoteError inPickle = client.error(new Request.LoadBefore(Oid.ROOT, Tid.MAX));
    assertTrue(Errors.isPosKeyError(inPickle), inPickle.toString());
  }

  @Test
  void aBlobOutsideATransactionIsNoHarm() throws IOException {
    client.send(new Request.StoreBlobStart());
    client.send(new Request.StoreBlobChunk(new byte[] {1}));

    client.result(new Request.Ping());
  }

  @Test
  void theStorageIsToldWhenAClientLeaves() throws Exception {
    StorageSession session = server.storage.joined.take();
    client.close();

    assertEquals(session, server.storage.left.take());
  }
}
