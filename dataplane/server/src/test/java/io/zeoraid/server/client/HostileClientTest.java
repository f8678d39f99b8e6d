package io.zeoraid.server.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that want to take up more than they are granted, and one beside them. */
@Timeout(120)
final class HostileClientTest {
  private static final byte[] NOTHING = {};

  private final LoopbackServer server =
      new LoopbackServer(
          new ClientLimits(
              Encoding.PICKLE,
              16 << 20,
              2 << 20,
              100,
              LoopbackServer.LIMITS.transactions(),
              10_000,
              false,
              false,
              new ClientBudget(2000, 1 << 10, 4 << 20, 60_000)));

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void whoHasHeldHalfAMessageForLongestGoes() throws Exception {
    byte[] half = new byte[3 << 20];
    ByteBuffer.wrap(half).putInt(15 << 20);
    try (RawClient first = RawClient.registered(server.port, false);
        RawClient second = RawClient.registered(server.port, false);
        RawClient honest = RawClient.registered(server.port, false)) {
      first.write(half);
      // What the server finds at once it reads in any order; so it may answer the first ping before
      // it has read of the half message, but not the second one.
      honest.result(new Request.Ping());
      honest.result(new Request.Ping());
      second.write(half);

      assertEquals(0, first.awaitClose());
      honest.result(new Request.Ping());
    }
  }

  @Test
  void aLongCallThatStoresNothingEndsTheConnection() throws Exception {
    try (RawClient client = RawClient.registered(server.port, false)) {
      client.send(new Request.IteratorGc(Collections.nCopies(1000, 1L)));

      assertEquals(0, client.awaitClose());
    }
  }

  @Test
  void aLongDescriptionFailsTheVoteInWords() throws Exception {
    try (RawClient client = RawClient.registered(server.port, false)) {
      client.send(new Request.TpcBegin(1L, NOTHING, new byte[2000], NOTHING, null, " "));
      String why = Errors.describe(client.error(new Request.Vote(1L)));

      assertTrue(why.contains("max-call-size"), why);
      client.send(new Request.TpcBegin(2L, NOTHING, NOTHING, NOTHING, null, " "));
      assertEquals(List.of(), client.list(new Request.Vote(2L)));
    }
  }

  @Test
  void aBackendWithoutANameIsNoDefect() throws Exception {
    try (RawClient client = RawClient.registered(server.port, false)) {
      assertEquals(
          Errors.valueError("a backend needs a name"), client.error(new Request.RaidDisable("")));
      assertEquals(FakeStorage.LAST, client.tid(new Request.LastTransaction()));
    }
  }

  @Test
  void anObjectLargerThanTheWriteBufferCanBeLoaded() throws Exception {
    byte[] large = new byte[3 << 20];
    server.storage.answers =
        what ->
            what instanceof ClientRequest.LoadSerial
                ? new ClientReply.Data(large)
                : FakeStorage.answer(what);
    try (RawClient client = RawClient.registered(server.port, false)) {
      Object loaded = client.result(new Request.LoadSerial(Oid.ROOT, Tid.NONE));
      assertEquals(large.length, ((byte[]) Objects.requireNonNull(loaded)).length);
    }
  }
}
