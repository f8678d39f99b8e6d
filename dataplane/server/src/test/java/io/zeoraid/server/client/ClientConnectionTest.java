package io.zeoraid.server.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real sockets, a storage in memory. */
@Timeout(120)
final class ClientConnectionTest {
  private LoopbackServer server = new LoopbackServer(LoopbackServer.LIMITS);

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({"PICKLE, PICKLE", "PICKLE, MSGPACK", "MSGPACK, PICKLE", "MSGPACK, MSGPACK"})
  void greetsWithItsOwnLetterAndSpeaksWithTheClients(Encoding announced, Encoding chosen)
      throws Exception {
    restart(limits(announced, 1 << 20, 4 << 20, 100, false));
    try (RawClient client = new RawClient(server.port, chosen)) {
      assertEquals(announced.letter() + "5", client.readText());
      client.write(Handshake.frame(chosen));

      assertEquals(FakeStorage.LAST, client.tid(new Request.Register("1", false)));
    }
  }

  @Test
  void tellsAMonitorThatSaysRuokTheStatusAndEndsTheConnection() throws Exception {
    try (RawClient monitor = new RawClient(server.port, Encoding.PICKLE)) {
      monitor.readFrame();
      monitor.write(Handshake.frame("ruok".getBytes()));

      assertEquals("{\"1\":{\"loads\":3}}", monitor.readText());
      assertEquals(0, monitor.awaitClose());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Z4", "X5", "", "GET / HTTP/1.1"})
  void closesTheConnectionOfWhoeverSpeaksSomethingElse(String answer) throws Exception {
    try (RawClient stranger = new RawClient(server.port, Encoding.PICKLE)) {
      stranger.readFrame();
      stranger.write(Handshake.frame(answer.getBytes()));

      assertEquals(0, stranger.awaitClose());
    }
  }

  @Test
  void anUnknownMethodClosesTheConnection() throws Exception {
    try (RawClient client = RawClient.registered(server.port, false)) {
      // (1, False, 'eval', ()) as a pickle.
      client.write(
          Handshake.frame(HexFormat.of().parseHex("8003284b018958040000006576616c29742e")));

      assertEquals(0, client.awaitClose());
    }
  }

  @Test
  void whatIsNoMessageClosesTheConnection() throws Exception {
    try (RawClient client = RawClient.registered(server.port, false)) {
      client.write(Handshake.frame(new byte[] {1, 2, 3}));

      assertEquals(0, client.awaitClose());
    }
  }

  @Test
  void aCallBeforeRegisterClosesTheConnection() throws Exception {
    try (RawClient client = RawClient.handshaken(server.port)) {
      client.send(new Request.LastTransaction());

      assertEquals(0, client.awaitClose());
    }
  }

  @Test
  void oneMayRegisterOnce() throws Exception {
    try (RawClient client = RawClient.registered(server.port, false)) {
      assertEquals(
          Errors.valueError("duplicate register() call"),
          client.error(new Request.Register("1", false)));
      assertEquals(1, server.storage.joined.size());
    }
  }

  @Test
  void anUnknownStorageIsAnErrorAndOneMayTryAnother() throws Exception {
    try (RawClient client = RawClient.handshaken(server.port)) {
      assertEquals(
          Errors.valueError("unknown storage: x"), client.error(new Request.Register("x", false)));
      client.result(new Request.Register("1", false));
    }
  }

  @Test
  void aReadOnlyStorageTakesReadersOnly() throws Exception {
    restart(limits(Encoding.PICKLE, 1 << 20, 4 << 20, 100, true));
    try (RawClient client = RawClient.handshaken(server.port)) {
      assertEquals(Errors.readOnly(), client.error(new Request.Register("1", false)));
      client.result(new Request.Register("1", true));
      assertEquals(Errors.readOnly(), client.error(new Request.NewOids(1)));
    }
  }

  @Test
  void keepAlivesAreNotAnswered() throws Exception {
    try (RawClient client = RawClient.registered(server.port, false)) {
      client.write(Codec.of(Encoding.PICKLE, Limits.DEFAULT).encodeKeepAlive());

      client.result(new Request.Ping());
    }
  }

  @Test
  void theLargestMessageIsTakenAndALargerOneClosesTheConnection() throws Exception {
    int most = LoopbackServer.LIMITS.maxFrameBytes();
    int overhead = store(0).length - Integer.BYTES;
    try (RawClient client = RawClient.registered(server.port, false)) {
      client.send(begin());
      client.write(store(most - overhead - 10));
      client.result(new Request.Ping());

      client.write(ByteBuffer.allocate(Integer.BYTES).putInt(most + 1).array());
      assertEquals(0, client.awaitClose());
    }
  }

  @Test
  void aLengthThatNobodyMeansClosesTheConnection() throws Exception {
    try (RawClient client = new RawClient(server.port, Encoding.PICKLE)) {
      client.readFrame();
      client.write("GET / HTTP/1.1\r\n\r\n".getBytes());

      assertEquals(0, client.awaitClose());
    }
  }

  @Test
  void aClientThatDoesNotReadItsInvalidationsIsDisconnectedAtTheBound() throws Exception {
    try (RawClient client = RawClient.registered(server.port, false)) {
      StorageSession session = server.storage.joined.take();
      int sent = 0;
      byte[] frame = Handshake.frame(new byte[1 << 20]);
      while (server.storage.left.isEmpty() && sent < 200) {
        server.onLoop(() -> {
          session.send(frame);
          return true;
        });
        sent++;
      }

      assertEquals(session, server.storage.left.take());
      assertTrue(sent > 4, "the bound is 4 MiB, and " + sent + " were sent");
      client.awaitClose();
    }
  }

  @Test
  void aClientThatAsksForMoreThanItReadsWaitsRatherThanBeingDisconnected() throws Exception {
    byte[] data = new byte[1 << 20];
    server.storage.answers =
        what ->
            what instanceof ClientRequest.Load
                ? new ClientReply.Revision(new Loaded(data, FakeStorage.LAST, null))
                : FakeStorage.answer(what);
    try (RawClient client = RawClient.registered(server.port, false)) {
      long last = client.sendAll(64, new Request.LoadBefore(new Oid(1), Tid.MAX));

      for (long id = last - 63; id <= last; id++) {
        assertEquals(data.length, ((byte[]) client.list(id).getFirst()).length);
      }
    }
  }

  @Test
  void aClientWithTooManyCallsUnderWayWaitsForAnswers() throws Exception {
    server.storage.letWait(ClientRequest.Load.class);
    try (RawClient client = RawClient.registered(server.port, false)) {
      long last = client.sendAll(5000, new Request.LoadBefore(new Oid(1), Tid.MAX));

      for (long id = last - 4999; id <= last; id++) {
        FakeStorage.Asked asked = server.storage.unanswered.take();
        assertTrue(server.storage.unanswered.size() < 2000);
        server.onLoop(() -> {
          asked.session().answered(asked.request(), FakeStorage.answer(asked.what()));
          return true;
        });
        client.result(id);
      }
    }
  }

  @Test
  void aLabelIsOneShortLineInTheLog() throws Exception {
    try (RawClient client = RawClient.registered(server.port, false)) {
      StorageSession session = server.storage.joined.take();
      client.send(new Request.SetClientLabel("zope\n2026 ERROR " + "x".repeat(1000)));
      client.result(new Request.Ping());

      String text = server.onLoop(session::toString);
      assertTrue(text.startsWith("zope 2026 ERROR xxx"), text);
      assertTrue(text.length() < 150, text);
    }
  }

  private void restart(ClientLimits limits) {
    server.close();
    server = new LoopbackServer(limits);
  }

  private static ClientLimits limits(
      Encoding announced, int frameBytes, long bufferBytes, int connections, boolean readOnly) {
    return new ClientLimits(
        announced,
        frameBytes,
        bufferBytes,
        connections,
        LoopbackServer.LIMITS.transactions(),
        10_000,
        readOnly,
        false,
        ClientBudget.DEFAULT);
  }

  private static Request begin() {
    return new Request.TpcBegin(1L, new byte[0], new byte[0], new byte[0], null, " ");
  }

  private static byte[] store(int size) {
    return Codec.of(Encoding.PICKLE, Limits.DEFAULT)
        .encodeCall(0, new Request.Store(new Oid(1), Tid.NONE, new byte[size], 1L));
  }
}
