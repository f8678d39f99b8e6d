package io.zeoraid.server.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Request;
import java.net.SocketException;
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
  void turnsClientsAwayWhenThereAreTooManyUntilOneLeaves() throws Exception {
    server.close();
    server =
        new LoopbackServer(
            new ClientLimits(
                Encoding.PICKLE,
                1 << 20,
                1 << 20,
                2,
                LoopbackServer.LIMITS.transactions(),
                10_000,
                false,
                false));
    try (RawClient first = RawClient.registered(server.port, false);
        RawClient second = RawClient.handshaken(server.port)) {
      try (RawClient third = new RawClient(server.port, Encoding.PICKLE)) {
        assertEquals(0, third.awaitClose());
      }
      first.close();
      server.storage.left.take();

      try (RawClient fourth = RawClient.registered(server.port, false)) {
        fourth.result(new Request.Ping());
        second.result(new Request.Register("1", false));
      }
    }
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
