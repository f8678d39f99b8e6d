package io.zeoraid.server.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class AcceptorTest {
  private static final long LONG = 3_600_000;

  private LoopbackServer server = new LoopbackServer(LoopbackServer.LIMITS);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void refusesClientsInWordsWhenThereAreTooManyUntilOneLeaves() throws Exception {
    restart(2, ClientBudget.DEFAULT);
    try (RawClient first = RawClient.registered(server.port, false);
        RawClient second = RawClient.registered(server.port, false);
        RawClient third = RawClient.handshaken(server.port)) {
      RemoteError refusal = third.error(new Request.Register("1", false));
      assertTrue(Errors.describe(refusal).contains("max-connections"), Errors.describe(refusal));
      first.close();
      server.storage.left.take();

      third.result(new Request.Register("1", false));
      second.result(new Request.Ping());
    }
  }

  @Test
  void clientsDontLockOutServersThatFollow() throws Exception {
    restart(1, ClientBudget.DEFAULT);
    try (RawClient client = RawClient.registered(server.port, false);
        RawClient peer = RawClient.handshaken(server.port)) {
      peer.result(new Request.RaidFollow("1", "primary", "follower", Tid.NONE));
      peer.result(new Request.Ping());
      client.result(new Request.Ping());
    }
  }

  @Test
  void connectionsThatSayNothingDontLockOutAnybody() throws Exception {
    List<RawClient> silent = new ArrayList<>();
    try {
      for (int i = 0; i < Guests.MAX_NEW + 5; i++) {
        silent.add(new RawClient(server.port, Encoding.PICKLE));
        silent.getLast().readFrame();
      }
      assertEquals(0, silent.getFirst().awaitClose());
      try (RawClient client = RawClient.registered(server.port, false)) {
        client.result(new Request.Ping());
      }
    } finally {
      for (RawClient client : silent) {
        client.close();
      }
    }
  }

  @Test
  void whoeverDoesNotRegisterInTimeIsDisconnected() throws Exception {
    restart(10, new ClientBudget(2000, 1 << 10, 1 << 20, 200));
    try (RawClient client = RawClient.registered(server.port, false);
        RawClient silent = new RawClient(server.port, Encoding.PICKLE);
        RawClient handshaken = RawClient.handshaken(server.port);
        RawClient halfAFrame = RawClient.handshaken(server.port)) {
      silent.readFrame();
      halfAFrame.write(new byte[] {0, 0, 0, 9, 1});

      assertEquals(0, silent.awaitClose());
      assertEquals(0, handshaken.awaitClose());
      assertEquals(0, halfAFrame.awaitClose());
      client.result(new Request.Ping());
    }
  }

  private void restart(int clients, ClientBudget budget) {
    server.close();
    server =
        new LoopbackServer(
            new ClientLimits(
                Encoding.PICKLE,
                1 << 20,
                1 << 20,
                clients,
                LoopbackServer.LIMITS.transactions(),
                10_000,
                false,
                false,
                budget));
  }

  @Test
  void drainingSendsIdleClientsAwayAndWaitsForAVotedTransaction() throws Exception {
    try (RawClient idle = RawClient.registered(server.port, false);
        RawClient stranger = new RawClient(server.port, Encoding.PICKLE);
        RawClient open = RawClient.registered(server.port, false);
        RawClient voted = RawClient.registered(server.port, false)) {
      stranger.readFrame();
      open.send(begin());
      open.result(new Request.Ping());
      voted.send(begin());
      voted.result(new Request.Vote(1L));

      CompletableFuture<Boolean> done = drain(LONG);

      assertEquals(0, idle.awaitClose());
      assertEquals(0, stranger.awaitClose());
      assertEquals(0, open.awaitClose());
      assertFalse(done.isDone());
      assertEquals(FakeStorage.LAST.next(), voted.tid(new Request.TpcFinish(1L)));
      assertEquals(0, voted.awaitClose());
      done.join();
    }
  }

  @Test
  void whoeverHasNotFinishedWhenTheTimeIsUpGoesToo() throws Exception {
    try (RawClient voted = RawClient.registered(server.port, false)) {
      voted.send(begin());
      voted.result(new Request.Vote(1L));

      drain(50).join();

      assertEquals(0, voted.awaitClose());
    }
  }

  @Test
  void nobodyIsLetInWhileDraining() throws Exception {
    try (RawClient voted = RawClient.registered(server.port, false)) {
      voted.send(begin());
      voted.result(new Request.Vote(1L));
      drain(LONG);

      try (RawClient late = new RawClient(server.port, Encoding.PICKLE)) {
        // The system may let it in until the event loop has turned, but nobody greets it.
        assertEquals(0, late.awaitClose());
      } catch (SocketException e) {
        // Nobody listens any more.
      }
      voted.result(new Request.TpcFinish(1L));
    }
  }

  @Test
  void drainingIsOverAtOnceWithoutClients() {
    drain(LONG).join();
  }

  private CompletableFuture<Boolean> drain(long millis) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    server.onLoop(() -> {
      server.acceptor.drain(millis, () -> done.complete(true));
      return true;
    });
    return done;
  }

  private static Request begin() {
    return new Request.TpcBegin(1L, new byte[0], new byte[0], new byte[0], null, " ");
  }
}
