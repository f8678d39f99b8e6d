package io.zeoraid.server.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Call;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import io.zeoraid.server.backend.FakeZeo.Peer;
import io.zeoraid.server.net.Loop;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A backend that says what no ZEO server says. */
@Timeout(120)
final class HostileBackendTest {
  private static final long LONG = 60_000;
  private static final Tid LAST = new Tid(0x100);

  private final Loop loop = new Loop("test");
  private final Heard heard = new Heard();
  private FakeZeo zeo;

  @BeforeEach
  void listen() throws IOException {
    zeo = FakeZeo.onLoopback();
  }

  @AfterEach
  void stop() throws IOException {
    zeo.close();
    loop.close();
  }

  @Test
  void anAnswerThatIsNotOwedEndsTheConnection() throws Exception {
    BackendConnection connection = open(LONG);
    try (Peer peer = zeo.acceptReady(LAST)) {
      ready();
      call(connection, 7, new Request.LoadSerial(Oid.ROOT, LAST));
      Call load = peer.expect("loadSerial");
      peer.reply(load, new byte[] {1});
      assertInstanceOf(Heard.Replied.class, heard.next());
      peer.reply(load, new byte[] {2});

      Heard.Lost lost = assertInstanceOf(Heard.Lost.class, heard.next());
      assertTrue(lost.why().contains("call 7, which it does not owe"), lost.why());
      peer.awaitClose();
    }
  }

  @Test
  void transactionsWithoutEndAreNoAnswer() throws Exception {
    BackendConnection connection = open(300);
    try (Peer peer = zeo.acceptReady(LAST)) {
      ready();
      call(connection, 7, new Request.LoadSerial(Oid.ROOT, LAST));
      CompletableFuture<Void> telling =
          CompletableFuture.runAsync(() -> {
            try {
              for (Tid tid = LAST.next(); ; tid = tid.next()) {
                peer.send(new ServerMessage.InvalidateTransaction(tid, List.of()));
                Thread.sleep(5);
              }
            } catch (IOException | InterruptedException e) {
              // It has ended the connection.
            }
          });
      Object next = heard.next();
      while (next instanceof Heard.Invalidated) {
        next = heard.next();
      }
      assertEquals(new Heard.Lost("it has not answered for 300 ms", true), next);
      telling.join();
    }
  }

  @Test
  void aDefectOfOursIsCalledSo() throws Exception {
    heard.defect = new IllegalStateException("a bug");
    BackendConnection connection = open(LONG);
    try (Peer peer = zeo.acceptReady(LAST)) {
      ready();
      call(connection, 7, new Request.LoadSerial(Oid.ROOT, LAST));
      peer.reply(peer.expect("loadSerial"), new byte[] {1});

      assertEquals(new Heard.Lost("a defect of this server: a bug", false), heard.next());
      peer.awaitClose();
    }
  }

  @Test
  void aNegativeLengthIsNoDefectOfOurs() throws Exception {
    open(LONG);
    try (Peer peer = zeo.acceptReady(LAST)) {
      ready();
      peer.write(new byte[] {-1, -1, -1, -1, 0});

      Heard.Lost lost = assertInstanceOf(Heard.Lost.class, heard.next());
      assertFalse(lost.why().contains("defect"), lost.why());
    }
  }

  @Test
  void aLengthIsNotBelieved() throws Exception {
    open(LONG);
    try (Peer peer = zeo.acceptReady(LAST)) {
      ready();
      byte[] claim = Handshake.frame(new byte[0]);
      claim[0] = 0x7f;
      peer.write(claim);

      Heard.Lost lost = assertInstanceOf(Heard.Lost.class, heard.next());
      assertTrue(lost.why().contains("max-message-size"), lost.why());
    }
  }

  private void ready() throws InterruptedException {
    assertEquals(new Heard.Info(Map.of("length", 3L, "size", 4L)), heard.next());
    assertEquals(new Heard.Opened(LAST), heard.next());
  }

  private BackendConnection open(long timeoutMillis) throws IOException {
    BackendTarget target =
        new BackendTarget(
            "a",
            List.of(zeo.address()),
            "main",
            "us",
            8 << 20,
            timeoutMillis,
            LONG,
            BackendTarget.Kind.BACKEND,
            Optional.empty());
    BackendConnection connection = new BackendConnection(loop, target, heard);
    loop.execute(() -> connection.open(LONG));
    return connection;
  }

  private void call(BackendConnection connection, long call, Request request) {
    loop.execute(() -> connection.call(call, request));
  }
}
